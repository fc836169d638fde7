"""What a run needs of a worker, and what a worker has: two code versions may be up at once.

Both are sets of names, `block@version` and the walker's protocol, kept once by their hash. A leg
carries the hash of what it needs in its partition key, so a claim compares one set for each kind of
run that waits, however many runs there are (`claim.py`).

A person's own code is not among them: it travels with the run.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..flow.signature import Signature, code_unit

HASH_LENGTH = 16


@dataclass(frozen=True, slots=True)
class BlockSet:
    """Some names, and the short hash that stands for them."""

    names: tuple[str, ...]

    @property
    def hash(self) -> str:
        """The same for the same names, in any order."""
        return hashlib.sha256("\n".join(self.names).encode()).hexdigest()[:HASH_LENGTH]

    def row(self) -> dict[str, object]:
        """As it is kept."""
        return {"needs": self.hash, "blocks": list(self.names)}


def needed(signatures: Iterable[Signature], protocol: str) -> BlockSet:
    """What runs the blocks with these signatures."""
    return _set([*signatures], protocol)


def had(catalogue: Mapping[str, Signature], protocol: str) -> BlockSet:
    """What a worker has that has these blocks installed, older versions among them."""
    return _set([*catalogue.values()], protocol)


def _set(signatures: list[Signature], protocol: str) -> BlockSet:
    names = {f"{it.block}@{it.version}" for it in signatures if code_unit(it.block) is None}
    return BlockSet(tuple(sorted(names | {protocol})))


KEEP = """
INSERT INTO pai.block_set (hash, blocks) VALUES (%(needs)s, %(blocks)s) ON CONFLICT DO NOTHING
"""
