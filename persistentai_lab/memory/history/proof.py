"""The hash of all that is recorded of a run, item by item, in one order.

An item is what it says by itself and a hash of the value beside it. Values may be let go of: what
expiry leaves in a value's place is that very hash, so the run still proves what it was. They are
not salted: a tombstone shows the plain hash anyway, so that a value one still has can be compared.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from .. import chain
from ..feed.links import micros

FORMAT = "persistentai.history/1"
COLUMNS: dict[str, tuple[str, ...]] = {
    "run": (
        "id", "flow", "flow_hash", "plan_hash", "code", "status", "owner", "caller", "created_at",
        "started_at", "ended_at", "forked_from", "replays", "error",
    ),
    "outputs": (),
    "step": (
        "path", "attempt", "node", "block", "version", "effect", "status", "leg", "worker", "owner",
        "caller", "started_at", "ended_at", "error", "cost", "reused_from",
    ),
    "touch": ("path", "attempt", "layer", "target", "version", "mode"),
    "event": ("seq", "at", "path", "node", "attempt", "owner", "caller"),
}  # fmt: skip
"""What the facts of an item are, after its kind. Times are microseconds since 1970."""
VALUES = {"run": "inputs", "outputs": "outputs", "step": "outputs", "event": "body"}
"""What the value beside it is."""


def beginning(workspace: str, run: str) -> bytes:
    """What the first item of a run follows."""
    return chain.beginning("persistentai.run/1", workspace, run)


@dataclass(slots=True)
class Root:
    """The hash of the items of a run so far, and how many they are."""

    hash: bytes
    items: int = 0

    def follow(self, said: bytes) -> None:
        """Go on over an item. `said`: the hash of its value, then its facts (see `chain.link`)."""
        self.hash = sha256(self.hash + said).digest()
        self.items += 1


def seals_begin(workspace: str) -> bytes:
    """What the first seal of a workspace follows."""
    return chain.beginning("persistentai.seals/1", workspace)


def seal(before: bytes, n: int, run: str, items: int, at: datetime, root: bytes) -> bytes:
    """The hash of a seal."""
    return chain.link(before, ["seal", str(n), run, str(items), str(micros(at))], root)
