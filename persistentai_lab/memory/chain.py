"""A chain of hashes over what is only ever added to: whoever changes a link breaks all after it.

A link holds the hash of what it speaks of, salted, not the thing itself: so a payload can be erased
together with its salt, nobody can guess it from its hash, and the chain still verifies.
"""

import hashlib
import json
from collections.abc import Sequence

from ..ids import Json

GENESIS = bytes(32)
"""What the first link follows."""
SALT_SIZE = 16


def canonical(value: Json) -> bytes:
    """JSON in one form only: sorted keys, no spaces, UTF-8."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def payload_hash(salt: bytes, payload: bytes) -> bytes:
    """What a link keeps of a payload."""
    return hashlib.sha256(salt + payload).digest()


def link(before: bytes, facts: Sequence[str | None], payload: bytes) -> bytes:
    """The hash of a link.

    Args:
        before: The hash of the link before, or `GENESIS`.
        facts: What the link says by itself, in an order that never changes.
        payload: Hash of its payload (`payload_hash`).
    """
    told = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(before + payload + told).digest()
