"""What may be asked of a feed, and done to it."""

from typing import Annotated, ClassVar

from pydantic import Field

from ...ids import Json
from ..layer import Command, Query
from .model import FeedName, Kind

PAGE_MAX = 10_000


class ReadFeed(Query):
    """Entries in order, from a position on. Answers with `list[Entry]`."""

    op: ClassVar[str] = "feed.read"

    feed: FeedName
    after: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 1_000


class ListFeeds(Query):
    """Feeds of the workspace by name. Answers with `list[Head]`."""

    op: ClassVar[str] = "feed.list"

    prefix: str = ""
    after: str = ""
    """The last name of the page before."""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 1_000


class Append(Command):
    """Add an entry to the end of a feed; a feed begins with its first entry."""

    op: ClassVar[str] = "feed.append"

    feed: FeedName
    kind: Kind = "message"
    body: Json
    key: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """A second entry with the same key is the first one again."""

    @property
    def target(self) -> str:
        """The feed."""
        return self.feed


QUERIES: tuple[type[Query], ...] = (ReadFeed, ListFeeds)
COMMANDS: tuple[type[Command], ...] = (Append,)
