"""Whether a value can be kept in a database that looks into it, or as canonical JSON."""

import json
import re

from ..errors import MemoryRefused, ValueTooLarge
from ..ids import Json

JSON_MAX = 8 * 1024 * 1024
_UNSTORABLE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000" + "|[\ud800-\udfff]")


def compact(value: object) -> str:
    """JSON in as few characters as it takes, keys as they stand. Read and written again: the same.

    Raises `ValueError`, `TypeError` or `RecursionError` when it is no JSON.
    """
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def fits_postgres(text: str) -> bool:
    """Whether JSON text has only characters that Postgres can keep."""
    return _UNSTORABLE.search(text) is None


def storable(value: object) -> tuple[Json, str]:
    """The value as it will be read again, and its JSON text.

    Raises:
        MemoryRefused: It is no JSON, or has characters that Postgres can't keep.
        ValueTooLarge: It belongs into a file.
    """
    try:
        text = compact(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise MemoryRefused(
            f"Memory holds JSON, and this value is none: {error}.",
            remedy="Convert it first (NaN has no place in JSON; use null).",
        ) from None
    if len(text) > JSON_MAX:
        raise ValueTooLarge(
            f"{len(text) / 1e6:.1f} MB are more than the {JSON_MAX / 1e6:.0f} MB that may be "
            "written at once.",
            remedy="Keep large values in files, or pass them along the edges of the flow.",
        )
    if not fits_postgres(text):
        raise MemoryRefused(
            "Memory can't hold NUL characters or lone surrogates.", remedy="Remove them."
        )
    return json.loads(text), text
