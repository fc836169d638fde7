"""All layers, looked through by one door."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import LiteralString

from ...errors import NotInMemory
from ...memory.author import Author
from ..places import Places
from ..plainly import plainly
from ..pool import Pool
from .feed import FeedShelf
from .files import FileShelf
from .history import HistoryShelf
from .knowledge import KnowledgeShelf
from .model import Entry, Item, LayerHead, Page, Times, Version
from .records import RecordShelf
from .shelf import Shelf, rows

STRETCHES = 120


class Browse:
    """Reads only, and each in a snapshot of its own: a tree is looked at while runs write."""

    def __init__(self, pool: Pool, files: Places) -> None:
        self._pool = pool
        self._shelves: Mapping[str, Shelf] = {
            "feed": FeedShelf(),
            "files": FileShelf(files),
            "records": RecordShelf(),
            "history": HistoryShelf(),
            "knowledge": KnowledgeShelf(),
        }

    async def heads(self, author: Author, at: datetime | None = None) -> list[LayerHead]:
        """All layers that are there."""
        async with self._pool.connection() as connection:
            return [await shelf.head(connection, author, at) for shelf in self._shelves.values()]

    async def page(
        self, author: Author, layer: str, under: str, *, at: datetime | None = None,
        after: str = "", limit: int = 1_000,
    ) -> Page:  # fmt: skip
        """What lies under a folder or a group of a layer."""
        async with self._pool.connection() as connection:
            return await self._shelf(layer).page(connection, author, under, at, after, limit)

    async def search(
        self, author: Author, text: str, *, at: datetime | None = None, limit: int = 50
    ) -> dict[str, list[Item]]:
        """Things of all layers that have the text in them, by layer."""

        async def look(shelf: Shelf) -> list[Item]:
            async with self._pool.connection() as connection:
                return await shelf.search(connection, author, text, at, limit)

        found = await asyncio.gather(*(look(shelf) for shelf in self._shelves.values()))
        return dict(zip(self._shelves, found, strict=True))

    async def entry(
        self, author: Author, layer: str, id: str, *, at: datetime | None = None,
        version: str | None = None,
    ) -> Entry:  # fmt: skip
        """A thing to be looked at. Raises `NotInMemory`."""
        with plainly():
            async with self._pool.connection() as connection:
                return await self._shelf(layer).entry(connection, author, id, at, version)

    async def versions(
        self, author: Author, layer: str, id: str, limit: int = 200
    ) -> list[Version]:
        """What a thing was, newest first."""
        async with self._pool.connection() as connection:
            return await self._shelf(layer).versions(connection, author, id, limit)

    async def times(
        self, author: Author, *, since: datetime | None = None, stretches: int = STRETCHES
    ) -> Times:
        """When something changed in each layer, from a moment or the first change until now."""
        until = datetime.now(UTC)
        workspace = author.workspace
        async with self._pool.connection() as connection:
            if since is None:
                first = [
                    found[0]["at"]
                    for shelf in self._shelves.values()
                    if (found := await rows(connection, _first(shelf.changes), workspace=workspace))
                ]
                since = min((at for at in first if at is not None), default=None)
            if since is None or since >= until:
                return Times(since=since, until=until, stretches={})
            seen = {}
            for layer, shelf in self._shelves.items():
                found = await rows(
                    connection, _counted(shelf.changes), workspace=workspace, since=since,
                    until=until, stretches=stretches,
                )  # fmt: skip
                seen[layer] = [(row["n"], row["count"], row["last"]) for row in found]
        return Times(since=since, until=until, stretches=seen)

    def _shelf(self, layer: str) -> Shelf:
        if layer not in self._shelves:
            raise NotInMemory(
                f"There is no layer {layer!r}.", remedy=f"There are {', '.join(self._shelves)}."
            )
        return self._shelves[layer]


def _first(changes: LiteralString) -> LiteralString:
    return f"SELECT min(at) AS at FROM ({changes}) AS changed"


def _counted(changes: LiteralString) -> LiteralString:
    return f"""
    SELECT least(width_bucket(
             extract(epoch FROM at), extract(epoch FROM %(since)s::timestamptz),
             extract(epoch FROM %(until)s::timestamptz), %(stretches)s
           ), %(stretches)s) - 1 AS n, count(*) AS count, max(at) AS last
    FROM ({changes}) AS changed WHERE at >= %(since)s AND at <= %(until)s
    GROUP BY 1 ORDER BY 1
    """
