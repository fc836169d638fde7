import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given

from persistentai_lab.blocks.hashing import sha256
from persistentai_lab.blocks.json import dump, parse
from persistentai_lab.errors import NodeError
from tests.strategies import json_values


@given(json_values)
def test_equal_values_have_one_fingerprint_however_they_were_written(value: Any) -> None:
    assert sha256(parse(dump(value, sort_keys=True))) == sha256(value)


def test_different_values_have_different_fingerprints() -> None:
    different: list[Any] = [None, True, 1, 1.5, "x", [], {}, [1], ["1"], {"a": 1}, b"\x00"]

    assert len({sha256(value) for value in different}) == len(different)
    assert sha256({"a": 1, "b": 2.0}) == sha256({"b": 2, "a": 1.0})


@pytest.mark.parametrize("value", [math.nan, "\ud800", pd.DataFrame({"a": [1]}), [b"x"]])
def test_what_has_no_one_form_is_refused(value: Any) -> None:
    with pytest.raises(NodeError):
        sha256(value)
