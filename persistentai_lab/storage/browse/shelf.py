"""What each layer has to be able to do to stand in the tree."""

from datetime import datetime
from typing import Any, LiteralString, Protocol

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from ...errors import NotInMemory
from ...memory.author import Author
from .model import Entry, Item, LayerHead, Link, Page, Version

Connection = AsyncConnection[tuple[Any, ...]]


class Shelf(Protocol):
    """A layer, to be looked through. `at` is a moment; None is now."""

    @property
    def changes(self) -> LiteralString:
        """Selects `at` of all that ever changed, for `%(workspace)s`."""
        ...

    async def head(self, connection: Connection, author: Author, at: datetime | None) -> LayerHead:
        """How much there is, and a mark that changes with it."""
        ...

    async def page(
        self, connection: Connection, author: Author, under: str, at: datetime | None,
        after: str, limit: int,
    ) -> Page:  # fmt: skip
        """What lies under a folder or group; `""` is the top of the layer."""
        ...

    async def search(
        self, connection: Connection, author: Author, text: str, at: datetime | None, limit: int
    ) -> list[Item]:
        """Things whose name has the text, and content where that is quick. Names are whole."""
        ...

    async def entry(
        self, connection: Connection, author: Author, id: str, at: datetime | None,
        version: str | None,
    ) -> Entry:  # fmt: skip
        """A thing as it was at a moment, or a version of it. Raises `NotInMemory`."""
        ...

    async def versions(
        self, connection: Connection, author: Author, id: str, limit: int
    ) -> list[Version]:
        """What it was, newest first."""
        ...


def containing(text: str) -> str:
    """The pattern of names that have a text in them: its `%` and `_` stand for themselves."""
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"


async def rows(connection: Connection, statement: LiteralString, **values: object) -> list[Any]:
    """What a statement finds, each as a dict."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(statement, values)
    return await cursor.fetchall()


def paged(items: list[Item], limit: int, cursor: str) -> Page:
    """A page of at most `limit`, asked for with one more to know whether there is another."""
    return Page(items=items[:limit], next=cursor if len(items) > limit else None)


def folders(names: list[tuple[str, Item]], under: str) -> list[Item]:
    """Lay names with slashes into folders: each name's item, or the folder it lies in, once."""
    seen: dict[str, Item] = {}
    for name, item in names:
        first, slash, _ = name[len(under) :].partition("/")
        if not slash:
            seen[f"{name} "] = item.model_copy(update={"name": first})
            continue
        key = f"{under}{first}/"
        count = (seen[key].count or 0) + 1 if key in seen else 1
        seen[key] = Item(id=key, name=first, kind="folder", count=count)
    return sorted(seen.values(), key=lambda item: (item.kind != "folder", item.name.lower()))


def gone(what: str, at: datetime | None, remedy: str = "") -> NotInMemory:
    """What is said of a thing that is not there, or was not yet."""
    when = f" at {at:%Y-%m-%d %H:%M:%S} UTC" if at else ""
    return NotInMemory(
        f"There is no {what}{when}.",
        remedy=remedy or ("Go back to now, or to another moment." if at else "It may be erased."),
    )


def run_link(run: str | None, path: str | None = None, says: str = "Written by") -> list[Link]:
    """To the step that wrote something."""
    if run is None:
        return []
    step = f" · {path}" if path else ""
    return [
        Link(
            says=says,
            label=f"run {run}{step}",
            layer="history",
            id=f"{run}/{path}" if path else run,
        )
    ]
