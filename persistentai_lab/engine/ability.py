"""What a run needs of a worker, and what a worker has: two code versions may be up at once.

Both are sets of names, `block@version`, the walker's protocol and what flows may say that earlier
releases did not understand, kept once by their hash. A leg
carries the hash of what it needs in its partition key, so a claim compares one set for each kind of
run that waits, however many runs there are (`claim.py`).

A person's own code is not among them: it travels with the run.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..flow.model import FlowSpec
from ..flow.signature import Signature, code_unit

HASH_LENGTH = 16
POLICIES = "policies@1"
"""Rate, kept results, circuit breaker and budget."""


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


def needed(spec: FlowSpec, signatures: Iterable[Signature], protocol: str) -> BlockSet:
    """What runs a flow whose blocks have these signatures."""
    features = (POLICIES,) if _has_policies(spec) else ()
    return _set(signatures, protocol, *features)


def had(catalogue: Mapping[str, Signature], protocol: str) -> BlockSet:
    """What a worker has that has these blocks installed, older versions among them."""
    return _set(catalogue.values(), protocol, POLICIES)


def _set(signatures: Iterable[Signature], *others: str) -> BlockSet:
    names = {f"{it.block}@{it.version}" for it in signatures if code_unit(it.block) is None}
    return BlockSet(tuple(sorted(names.union(others))))


def _has_policies(spec: FlowSpec) -> bool:
    if spec.budget is not None or spec.budgets:
        return True
    if any(map(_has_policies, spec.flows.values())):
        return True
    policies = [node.policy for node in spec.nodes if node.policy is not None]
    return any(it.rate or it.cache_s or it.breaker or it.budget for it in policies)


KEEP = """
INSERT INTO pai.block_set (hash, blocks) VALUES (%(needs)s, %(blocks)s) ON CONFLICT DO NOTHING
"""
