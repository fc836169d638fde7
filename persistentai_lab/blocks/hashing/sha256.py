"""A fingerprint."""

import hashlib
import json
from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError


@block(
    title="SHA-256",
    effect="pure",
    examples=(
        Example(
            inputs={"value": "abc"},
            output="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        Example(
            inputs={"value": b"abc"},
            output="ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        Example(
            inputs={"value": {"b": 1.0, "a": [True, None]}},
            output="51705a2c9eb3e7e410a58f696a770c3ac3885a0cf43eb7fc88f5e47c11d4d30d",
        ),
    ),
)
def sha256(value: Any) -> str:
    """Work out the SHA-256 fingerprint of a text, of bytes, or of any JSON value.

    Text is hashed as UTF-8 and bytes as they are. Any other value is hashed as the text that all
    equal values have in common: without blanks, fields in order, 1.0 written as 1. So the number 1
    and the text "1" have the same fingerprint.

    Args:
        value: Text, bytes or a JSON value.

    Returns:
        64 hexadecimal digits.

    Raises:
        NodeError: The value has no JSON form (NaN, infinity, a table).
    """
    return hashlib.sha256(_bytes(value)).hexdigest()


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return (value if isinstance(value, str) else _canonical(value)).encode()
    except UnicodeEncodeError:
        raise NodeError("The text holds half a character.") from None
    except (TypeError, ValueError) as problem:
        raise NodeError(
            f"The value has no JSON form: {problem}.",
            remedy="Hash a table by the bytes of `tables.to_csv`.",
        ) from None
    except RecursionError:
        raise NodeError("The value is nested too deeply.") from None


def _canonical(value: Any) -> str:
    return json.dumps(
        _whole(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _whole(value: Any) -> Any:
    """The value with 1.0 as 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    return value
