import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persistentai_lab.blocks import Block, builtin_registry, csv
from persistentai_lab.errors import NodeError
from persistentai_lab.examples import penguins
from persistentai_lab.examples.penguins import bootstrap, census, complete, report
from persistentai_lab.flow.follow import output_type
from persistentai_lab.plan import compile_plan, explain
from tests.fakes import FakeContext
from tests.inprocess import evaluate

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
BLOCKS = {block.name: block for block in vars(penguins).values() if isinstance(block, Block)}
rows_of_two = st.lists(
    st.fixed_dictionaries({"a": st.sampled_from("xyz"), "b": st.sampled_from("uv")}), min_size=1
)


def sample(*masses: float) -> list[dict[str, Any]]:
    return [{"species": "Adelie", "body_mass_g": mass} for mass in masses]


def test_rows_are_complete_when_no_asked_for_column_is_missing() -> None:
    rows = [{"a": 1, "b": None}, {"a": None, "b": 2}, {"b": 3}, {"a": 0, "b": 4}]

    assert complete(rows, ["a"]) == [rows[0], rows[3]]
    assert complete(rows, []) == rows


@given(rows_of_two)
def test_a_census_counts_every_row_once(rows: list[dict[str, Any]]) -> None:
    counted = census(rows, down="a", across="b")

    assert sum(row.get(name, 0) for row in counted for name in "uv") == len(rows)
    assert [row["a"] for row in counted] == sorted({row["a"] for row in rows})


@settings(max_examples=20)
@given(st.lists(st.floats(1, 1e4), min_size=1, max_size=30))
def test_the_interval_lies_within_the_sample_and_around_its_mean(masses: list[float]) -> None:
    found = asyncio.run(bootstrap(sample(*masses), "Adelie", resamples=200, ctx=FakeContext()))

    assert found["penguins"] == len(masses)
    assert min(masses) - 1e-6 <= found["low"] <= found["high"] <= max(masses) + 1e-6
    assert found["low"] - 1e-6 <= found["mean"] <= found["high"] + 1e-6


def test_a_second_attempt_draws_the_same_numbers() -> None:
    rows = csv.read("pai:penguins.csv")[:1] * 3 + sample(3000, 3500, 4000, 5000)

    first, again, other = (
        asyncio.run(bootstrap(rows, "Adelie", ctx=FakeContext(seed=seed))) for seed in (1, 1, 2)
    )

    assert first == again != other


def test_progress_reaches_its_end_in_the_time_that_was_asked_for() -> None:
    ctx = FakeContext()

    asyncio.run(bootstrap(sample(1, 2), "Adelie", seconds=3, ctx=ctx))

    assert ctx.progressed[-1] == (20, 20)
    assert sum(ctx.slept) == pytest.approx(3)


def test_a_species_that_is_not_there_is_named() -> None:
    with pytest.raises(NodeError, match="'Emperor'"):
        asyncio.run(bootstrap(sample(1), "Emperor", ctx=FakeContext()))


def test_the_report_tells_what_is_known_of_these_penguins() -> None:
    outputs = asyncio.run(evaluate(report.spec, {"seconds": 0}, blocks=BLOCKS))

    text = outputs["result"]
    assert "| Biscoe    |     44 |         0 |    123 |" in text
    assert "| Gentoo    | body_mass_g       |   123 |       0 | 5076.0 | 504.1 |" in text
    assert text.splitlines()[-3].startswith("| Adelie    |      151 | 3701 |")


def test_every_edge_of_the_report_has_a_known_type() -> None:
    blocks = {**builtin_registry(), **BLOCKS}
    signatures = {node.id: blocks[node.block].signature for node in report.spec.nodes}

    assert all(output_type(report.spec, signatures, edge.source) for edge in report.spec.edges)


def test_the_report_has_no_problems() -> None:
    assert report.check({"path": "pai:penguins.csv", "seconds": 0}) == []


def test_the_flow_file_in_the_notebooks_folder_is_this_flow() -> None:
    """After a change: `report.save("notebooks/penguins.flow.json")`."""
    assert (NOTEBOOKS / "penguins.flow.json").read_text(encoding="utf-8") == report.to_json()


def test_the_slow_steps_run_side_by_side_and_hold_up_nothing_else() -> None:
    text = explain(compile_plan(report.spec))

    side_by_side = (
        r"parallel: side by side\n(│  )*├─ p0 bootstrap_adelie\n.*p1 .*\n.*p2 bootstrap_gentoo"
    )
    assert re.search(side_by_side, text)
