"""What people see of a large value is bounded, and is JSON, whatever the value."""

import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.flow.sketch import SMALL, beginning, sketch_json
from persistentai_lab.flow.values import encode

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=90), inner),
    max_leaves=200,
)


@given(ANY_JSON)
def test_a_beginning_is_strict_json_of_bounded_size(value: Any) -> None:
    head = beginning(value)

    text = json.dumps(head, allow_nan=False)
    assert len(text) < 60_000
    text.encode()


def test_a_small_value_needs_no_sketch_and_a_large_one_has_one() -> None:
    assert encode("x" * 10, str).sketch is None
    large = encode("x" * (SMALL + 1), str).sketch
    assert large is not None
    assert large.about == "text of 401 characters"


def test_a_table_is_shown_by_its_size_its_columns_and_its_first_rows() -> None:
    table = pd.DataFrame({"n": range(1000), "word": ["long " * 50] * 1000})

    sketch = encode(table, pd.DataFrame).sketch

    assert sketch is not None
    assert sketch.about == "1,000 × 2 table"
    assert isinstance(sketch.head, dict)
    assert sketch.head["columns"] == ["n", "word"]
    rows: Any = sketch.head["rows"]
    assert [row[0] for row in rows] == [0, 1, 2, 3, 4]
    assert len(rows[0][1]) == 60


def test_both_libraries_tables_look_alike() -> None:
    table = {"n": [1, 2], "word": ["a", None]}

    one, other = (
        encode(pd.DataFrame(table), pd.DataFrame),
        encode(pl.DataFrame(table), pl.DataFrame),
    )

    assert one.sketch is not None
    assert other.sketch is not None
    assert one.sketch.about == other.sketch.about


@pytest.mark.parametrize(
    ("array", "about"),
    [
        (np.zeros((3, 4)), "3 × 4 array of float64"),
        (np.array(1), "one-value array of int64"),
        (np.zeros((0, 2)), "0 × 2 array of float64"),
        (np.zeros((2, 3)).T, "3 × 2 array of float64"),
    ],
)
def test_an_array_says_its_shape_and_type(array: Any, about: str) -> None:
    sketch = encode(array, np.ndarray).sketch

    assert sketch is not None
    assert sketch.about == about


def test_half_a_character_does_not_reach_the_record() -> None:
    sketch = sketch_json("\ud800" * 500)

    assert json.loads(json.dumps(sketch.head)).encode()
