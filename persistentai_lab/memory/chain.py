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


def beginning(*names: str) -> bytes:
    """What the first link of a chain follows: another chain's links don't fit it."""
    return hashlib.sha256("\0".join(names).encode()).digest()


def payload_hash(salt: bytes, payload: bytes) -> bytes:
    """What a link keeps of a payload."""
    return hashlib.sha256(salt + payload).digest()


def link(before: bytes, facts: Sequence[str | None], payload: bytes) -> bytes:
    """The hash of a link.

    A million of them are verified in seconds: so what is hashed is put together by one `join`.

    Args:
        before: The hash of the link before, or what the chain begins with.
        facts: What the link says by itself, as many as all links of this chain, in an order that
            never changes. None and an empty text are the same. They have no NUL, as nothing in
            Postgres has; so which text belongs to which fact can't be moved.
        payload: Hash of its payload (`payload_hash`).
    """
    told = "\0".join([fact or "" for fact in facts]).encode()
    return hashlib.sha256(before + payload + told).digest()
