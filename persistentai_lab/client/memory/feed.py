"""Feeds, as a client asks for them."""

from urllib.parse import quote
from uuid import uuid4

from pydantic import TypeAdapter

from ...ids import Json
from ...memory.feed.model import Entry, Head
from ..transport import Transport

_ENTRIES = TypeAdapter(list[Entry])
_HEADS = TypeAdapter(list[Head])


class Feed:
    """Everything in rooms and sessions, in one order."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def feeds(self, prefix: str = "", *, after: str = "", limit: int = 1_000) -> list[Head]:
        """Feeds by name, with where each ends."""
        params: dict[str, str | int] = {"prefix": prefix, "after": after, "limit": limit}
        return _HEADS.validate_python(self._transport.get("/memory/feeds", params)["feeds"])

    def read(self, feed: str, *, after: int = 0, limit: int = 1_000) -> list[Entry]:
        """Entries after a position, in order."""
        params = {"after": after, "limit": limit}
        return _ENTRIES.validate_python(self._transport.get(_path(feed), params)["entries"])

    def append(
        self, feed: str, body: Json, *, kind: str = "message", key: str | None = None
    ) -> int:
        """Add an entry to the end. The same `key` twice gives one entry.

        Returns:
            Its position, from 1.
        """
        headers = {"Idempotency-Key": key or str(uuid4())}
        said = {"body": body, "kind": kind}
        return int(self._transport.post(_path(feed), said, headers=headers)["seq"])


def _path(feed: str) -> str:
    return f"/memory/feeds/{quote(feed)}/entries"
