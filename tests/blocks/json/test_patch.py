from typing import Any

import pytest

from persistentai_lab.blocks.json import patch
from persistentai_lab.errors import NodeError


def test_operations_are_done_in_their_order_and_the_value_stays_as_it_was() -> None:
    value = {"a": [1], "b": {"c": 2}}

    made = patch(
        value,
        [
            {"op": "test", "path": "/b/c", "value": 2},
            {"op": "add", "path": "/a/-", "value": 3},
            {"op": "move", "from": "/b/c", "path": "/c"},
            {"op": "copy", "from": "/a", "path": "/b/a"},
            {"op": "replace", "path": "/a/0", "value": 9},
        ],
    )

    assert made == {"a": [9, 3], "b": {"a": [1, 3]}, "c": 2}
    assert value == {"a": [1], "b": {"c": 2}}


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"op": "test", "path": "/a", "value": 2}, r"test failed \(test:1\)"),
        ({"op": "remove", "path": "/x"}, "nonexistent"),
        ({"op": "nope", "path": ""}, "expected 'op' to be one of"),
        ({"path": "/a"}, "missing 'op'"),
        ({"op": "add", "path": "a", "value": 1}, "must start with a slash"),
        ({"op": "add", "path": "/a/b", "value": 1}, "pointer type error"),
    ],
)
def test_an_operation_that_cannot_be_done_is_named(operation: Any, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        patch({"a": 1}, [{"op": "test", "path": "/a", "value": 1}, operation])
