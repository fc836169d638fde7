"""What may be asked of a feed, and done to it."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from ...ids import Json
from ..layer import Command, Query
from .model import DELTA, ENTRIES_MAX, FeedName, Key, Kind, NewEntry

PAGE_MAX = 10_000
VERIFIED_AT_ONCE = 200_000

_Position = Annotated[int, Field(ge=0)]
_Limit = Annotated[int, Field(ge=1, le=PAGE_MAX)]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ReadFeed(Query):
    """Entries in order, or the newest first. Answers with `list[Entry]`."""

    op: ClassVar[str] = "feed.read"

    feed: FeedName
    after: _Position = 0
    before: _Position | None = None
    kinds: tuple[Kind, ...] = ()
    """Only of these kinds; of all when empty."""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    """Up to this moment, itself included."""
    run: str | None = None
    """Only what this run appended."""
    newest_first: bool = False
    limit: _Limit = 1_000


class ListFeeds(Query):
    """Feeds of the workspace by name. Answers with `list[Head]`."""

    op: ClassVar[str] = "feed.list"

    prefix: str = ""
    after: str = ""
    """The last name of the page before."""
    limit: _Limit = 1_000


class StateOf(Query):
    """The state of a feed. Answers with `State`. Raises `NotInMemory`."""

    op: ClassVar[str] = "feed.state"

    feed: FeedName
    at: _Position | AwareDatetime | None = None
    """A position, or a moment; as it is now when None."""


class VerifyFeed(Query):
    """Follow the chain, a part at a time. Answers with `Verdict`. Raises `NotInMemory`."""

    op: ClassVar[str] = "feed.verify"

    feed: FeedName
    after: _Position = 0
    hash: _Hash | None = None
    """Of the entry at `after`, as the part before found it."""
    limit: Annotated[int, Field(ge=1, le=VERIFIED_AT_ONCE)] = VERIFIED_AT_ONCE


class _OfFeed(Command):
    feed: FeedName

    @property
    def target(self) -> str:
        """The feed."""
        return self.feed


class Append(_OfFeed):
    """Add an entry to the end of a feed; a feed begins with its first entry."""

    op: ClassVar[str] = "feed.append"

    body: Json
    kind: Kind = "message"
    key: Key | None = None

    def entries(self) -> tuple[NewEntry, ...]:
        """What to append."""
        return (NewEntry(body=self.body, kind=self.kind, key=self.key),)


class AppendAll(_OfFeed):
    """Add entries to the end of a feed: all of them, one after the other, or none."""

    op: ClassVar[str] = "feed.append_all"

    items: Annotated[tuple[NewEntry, ...], Field(min_length=1, max_length=ENTRIES_MAX)]

    def entries(self) -> tuple[NewEntry, ...]:
        """What to append."""
        return self.items


class PatchState(_OfFeed):
    """Change the state of a feed by a JSON Patch (RFC 6902), which becomes an entry of it."""

    op: ClassVar[str] = "feed.patch_state"

    patch: list[dict[str, Json]]
    key: Key | None = None

    def entries(self) -> tuple[NewEntry, ...]:
        """What to append."""
        return (NewEntry(body=self.patch, kind=DELTA, key=self.key),)  # type: ignore[arg-type]


class Forget(_OfFeed):
    """Erase what entries say. Their hashes stay, so the chain holds; an entry says what is gone."""

    op: ClassVar[str] = "feed.forget"

    seqs: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1, max_length=ENTRIES_MAX)
    ]
    reason: Annotated[str, Field(max_length=1_000)] = ""


QUERIES: tuple[type[Query], ...] = (ReadFeed, ListFeeds, StateOf, VerifyFeed)
COMMANDS: tuple[type[Command], ...] = (Append, AppendAll, PatchState, Forget)
