import pytest

from persistentai_lab.blocks.objects import get
from persistentai_lab.errors import NodeError


def test_takes_a_value_even_if_it_is_null() -> None:
    assert get({"a": None}, "a") is None


def test_a_missing_key_is_refused_and_those_that_are_there_named() -> None:
    with pytest.raises(NodeError, match=r"no 'm'.*'mass', 'name'"):
        get({"mass": 1, "name": "x"}, "m")
    with pytest.raises(NodeError, match="There is: nothing"):
        get({}, "m")
