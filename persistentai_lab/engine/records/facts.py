"""A value as the database can look into it."""

import json
import re

from ...ids import Json

DEPTH_MAX = 100
"""How deep what comes from outside may be nested: whatever looks at it recurses."""
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def facts_of(text: str) -> str | None:
    """JSON text that `jsonb` takes, None if there is none: then nothing is found by it."""
    try:
        plain: Json = json.loads(text)
        if is_deep(plain):
            return None
        text = json.dumps(plain, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, RecursionError):
        return None
    return None if _NUL.search(text) else text


def is_deep(value: Json) -> bool:
    """Whether a value is nested deeper than anybody means."""
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [
            item
            for it in level
            if isinstance(it, dict | list)
            for item in (it.values() if isinstance(it, dict) else it)
        ]
        if not level:
            return False
    return True
