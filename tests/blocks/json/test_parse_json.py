import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.json import parse
from persistentai_lab.errors import NodeError


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_reads_what_was_written(value: Any) -> None:
    assert parse(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":\n tru}', "line 2, column 2"),
        ("", "line 1, column 1"),
        ("[NaN]", "NaN is no number"),
        ("-Infinity", "-Infinity is no number"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused_in_our_words(text: str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        parse(text)
