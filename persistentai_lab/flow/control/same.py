"""When two values are the same, for a switch."""

import json
from typing import Any


def same_value(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not, and order in an object means nothing."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return type(one) is type(other) and _text(one) == _text(other)
    return bool(one == other)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
