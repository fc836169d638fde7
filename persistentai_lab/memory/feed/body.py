"""A feed, as a body is lent it."""

from typing import Protocol

from pydantic import TypeAdapter

from ...ids import Json
from ..layer import Ask, Do
from .asks import Append, ReadFeed
from .model import Entry

_ENTRIES = TypeAdapter(list[Entry])


class Feed(Protocol):
    """Everything in a room or session, in one order."""

    async def read(self, feed: str, *, after: int = 0, limit: int = 1_000) -> list[Entry]:
        """Entries after a position, in order."""
        ...

    def append(
        self, feed: str, body: Json, *, kind: str = "message", key: str | None = None
    ) -> int:
        """Add an entry when the step is recorded; its position is the promise."""
        ...


class BodyFeed:
    """Implements `Feed`."""

    def __init__(self, ask: Ask, do: Do) -> None:
        self._ask = ask
        self._do = do

    async def read(self, feed: str, *, after: int = 0, limit: int = 1_000) -> list[Entry]:
        """Entries after a position, in order."""
        answer = await self._ask(ReadFeed(feed=feed, after=after, limit=limit))
        return _ENTRIES.validate_python(answer.value)

    def append(
        self, feed: str, body: Json, *, kind: str = "message", key: str | None = None
    ) -> int:
        """Add an entry when the step is recorded; its position is the promise."""
        position: int = self._do(Append(feed=feed, body=body, kind=kind, key=key))
        return position
