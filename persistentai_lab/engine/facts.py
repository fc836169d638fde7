"""A value as the database can look into it."""

import json
import re

from ..ids import Json

DEPTH_MAX = 100
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def facts_of(text: str) -> str | None:
    """JSON text that `jsonb` takes, None if there is none: then nothing is found by it."""
    try:
        plain: Json = json.loads(text)
        if _depth(plain) > DEPTH_MAX:
            return None
        text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, RecursionError):
        return None
    return None if _NUL.search(text) else text


def _depth(value: Json) -> int:
    deep, level = 0, [value]
    while level and deep <= DEPTH_MAX:
        deep += 1
        level = [
            item
            for it in level
            if isinstance(it, dict | list)
            for item in (it.values() if isinstance(it, dict) else it)
        ]
    return deep
