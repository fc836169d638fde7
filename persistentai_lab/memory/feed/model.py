"""What a feed holds, and what may be said of it."""

from datetime import datetime
from typing import Annotated
from unicodedata import normalize

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ...ids import Json


def _name(name: str) -> str:
    """One form of it, so that what looks the same is the same."""
    if any(part in ("", ".", "..") for part in name.split("/")):
        raise ValueError("a feed's name has no empty parts, no `.` and no `..`")
    return normalize("NFC", name)


FeedName = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_name),
]
"""`room/support`, `session/2026-11-30`: a slash makes a folder in the tree."""
Kind = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9_.\-]+$")]
"""`message`, `tool.called`, …"""
Key = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]+$")]
"""What makes an entry the same one when it is sent again."""

DELTA = "state.delta"
"""An entry that changes the feed's state; its body is a JSON Patch."""
ERASED = "erased"
"""An entry that says which others were erased, and why."""
ENTRIES_MAX = 1_000
"""So many may be appended, or erased, at once."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class NewEntry(BaseModel):
    """What to append."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    body: Json
    kind: Kind = "message"
    key: Key | None = None
    """A second entry of the feed with the same key is the first one again."""


class Entry(_Told):
    """What was appended, with its place."""

    feed: str
    seq: int
    """Counts from 1, without a gap."""
    at: datetime
    """Never before that of the entry before."""
    kind: str
    owner: str
    caller: str
    run: str | None = None
    path: str | None = None
    key: str | None = None
    body: Json = None
    """None also when it was erased."""
    erased_at: datetime | None = None
    hash: str
    """Of this entry and, by the one before, of all before it."""


class Head(_Told):
    """Where a feed ends."""

    feed: str
    seq: int
    hash: str
    """Of the last entry: who keeps position and hash elsewhere can prove all before them."""
    updated_at: datetime


class State(_Told):
    """What the deltas of a feed make of `{}` up to a position."""

    feed: str
    seq: int
    """The position that was asked for."""
    state: Json
    skipped: list[int] = []
    """Positions of deltas that count no more: erased, or they build on one that was."""


class Break(_Told):
    """The first link of a chain that does not hold."""

    seq: int
    what: str


class Verdict(_Told):
    """What came of verifying a feed, or a part of it."""

    feed: str
    seq: int
    """Verified up to here."""
    hash: str
    """Of the entry there."""
    erased: int
    """How many of them are erased."""
    broken: Break | None = None
    is_all: bool = True
    """Whether the feed ends here; else ask on after `seq` and `hash`."""

    @property
    def is_intact(self) -> bool:
        """Whether every link holds."""
        return self.broken is None
