import json
import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.json import dump, parse
from persistentai_lab.errors import NodeError
from tests.strategies import json_values


@given(json_values, st.none() | st.integers(0, 8), st.booleans())
def test_what_is_written_is_read_back(value: Any, indent: int | None, sort_keys: bool) -> None:
    assert parse(dump(value, indent=indent, sort_keys=sort_keys)) == value


def test_letters_stay_letters_and_lines_lines() -> None:
    assert dump("é\n") == '"é\\n"'
    assert json.loads(dump([1], indent=0)) == [1]


@pytest.mark.parametrize("value", [math.nan, [math.inf], b"x", pd.DataFrame({"a": [1]})])
def test_what_has_no_json_form_is_refused(value: Any) -> None:
    with pytest.raises(NodeError, match=r"no JSON form.*tables\.to_rows"):
        dump(value)
