import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.csv import read
from persistentai_lab.blocks.statistics import summary
from persistentai_lab.errors import NodeError

finite = st.floats(-1e6, 1e6)


@given(st.lists(finite, min_size=2))
def test_agrees_with_the_standard_library(values: list[float]) -> None:
    (row,) = summary([{"v": value} for value in values])

    quartiles = statistics.quantiles(values, method="inclusive")
    assert [row["q1"], row["median"], row["q3"]] == pytest.approx(quartiles)
    assert row["mean"] == pytest.approx(statistics.mean(values), abs=1e-6)
    assert row["sd"] == pytest.approx(statistics.stdev(values))
    assert (row["min"], row["max"]) == (min(values), max(values))


@given(st.lists(st.tuples(st.sampled_from("abc"), finite | st.none() | st.just(float("nan")))))
def test_groups_count_every_row_once(pairs: list[tuple[str, Any]]) -> None:
    rows = [{"g": group, "v": value} for group, value in pairs]

    counted = summary(rows, ["v"], by="g")

    assert sum(row["count"] + row["missing"] for row in counted) == len(rows)
    assert [row["g"] for row in counted] == list(dict.fromkeys(group for group, _ in pairs))


def test_too_few_values_give_null_not_an_error() -> None:
    one, none = summary([{"g": "a", "v": 5}, {"g": "b", "v": None}], ["v"], by="g")

    assert (one["mean"], one["sd"], one["q3"]) == (5.0, None, 5.0)
    assert (none["count"], none["missing"], none["mean"], none["max"]) == (0, 1, None, None)


def test_columns_of_numbers_are_found_by_themselves() -> None:
    rows = summary(read("pai:penguins.csv"), by="species")

    assert {row["column"] for row in rows} == {
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "body_mass_g",
        "year",
    }


def test_the_published_mean_masses_come_out() -> None:
    rows = summary(read("pai:penguins.csv"), ["body_mass_g"], by="species")

    assert {row["species"]: round(row["mean"], 1) for row in rows} == {
        "Adelie": 3700.7,
        "Gentoo": 5076.0,
        "Chinstrap": 3733.1,
    }


@pytest.mark.parametrize("odd", ["heavy", True, float("inf"), [1]])
def test_what_is_no_number_is_named(odd: Any) -> None:
    with pytest.raises(NodeError, match="'v' holds"):
        summary([{"v": 1}, {"v": odd}], ["v"])


def test_a_column_that_no_row_has_is_refused() -> None:
    with pytest.raises(NodeError, match=r"'mass'.*'v'"):
        summary([{"v": 1}], ["mass"])
    with pytest.raises(NodeError, match=r"'sort'.*'v'"):
        summary([{"v": 1}], by="sort")
