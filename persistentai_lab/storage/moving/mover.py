"""Moves a workspace: copies commit by commit while people work, then holds them up for the rest.

A commit that was copied is found by its key, or noted under its new id: who was cut off goes on.
The files are elsewhere from the moment on at which all has been compared, and never in between.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import LabError
from ...ids import Workspace
from ...memory.author import Author
from ..blobs import Blobs
from ..places import LAKEFS, POSTGRES, Places
from ..pool import Pool
from .reader import LakeReader, PostgresReader, Reader
from .writers import LakeWriting, PostgresWriting, Writer

Say = Callable[[int, int], None]
"""Told how many commits are over, of how many."""


class NotTheSame(LabError):
    """What was copied is not what it was copied from; the files stay where they were."""

    code = "not_the_same"
    http_status = 409


@dataclass(slots=True)
class Moved:
    """What came of it."""

    to: str
    commits: int = 0
    """Of the workspace."""
    copied: int = 0
    """Of these, now; or, in a dry run, to be copied."""
    branches: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    compared: int = 0
    """Versions that were compared file by file: of all branches and tags."""
    is_there: bool = False
    """Whether the files live there now."""


class Mover:
    """Of a workspace."""

    def __init__(
        self, pool: Pool, blobs: Blobs, environ: Mapping[str, str], workspace: Workspace, who: str
    ) -> None:
        self._pool = pool
        self._blobs = blobs
        self._environ = environ
        self._author = Author(workspace, who, who)

    async def move(self, to: str, *, dry_run: bool = False, say: Say = lambda n, of: None) -> Moved:
        """Move the files to `lakefs` or `postgres`. Raises `NotTheSame`, `Unavailable`."""
        done = Moved(to)
        places = Places(self._pool, self._blobs, self._environ)
        here = LAKEFS if await places.are_in_lakefs(self._author.workspace) else POSTGRES
        done.is_there = here == to
        if done.is_there:
            return done
        reader, other = self._readers(places, to)
        ids, now = await reader.commits(), await self._known(to)
        done.commits = len(ids)
        done.branches = [branch.name for branch in await reader.branches()]
        done.tags = [tag.name for tag in await reader.tags()]
        done.copied = sum(id not in now for id in ids)
        if dry_run:
            return done
        done.copied = await self._copy(places, reader, to, say)
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(_HOLD, (self._author.workspace,))
            done.copied += await self._copy(places, reader, to, say)
            now = await self._known(to)
            done.commits = len(now)
            branches, tags = await reader.branches(), await reader.tags()
            done.branches = [branch.name for branch in branches]
            done.tags = [tag.name for tag in tags]
            writer = await self._writer(places, reader, to)
            await writer.point(connection, branches, tags, now)
            heads = {branch.head for branch in branches if branch.head}
            for id in sorted(heads | {tag.commit for tag in tags}):
                await _compare(reader, other, id, now[id])
                done.compared += 1
            await connection.execute(_SETTLE, (self._author.workspace, to))
        done.is_there = True
        return done

    async def _copy(self, places: Places, reader: Reader, to: str, say: Say) -> int:
        """Copy what isn't there yet. Returns how many commits that was."""
        ids, now = await reader.commits(), await self._known(to)
        writer = await self._writer(places, reader, to)
        todo = [id for id in ids if id not in now]
        for n, id in enumerate(todo):
            say(n, len(todo))
            now[id] = await writer.put(reader, await reader.commit(id), await reader.delta(id), now)
            pair = (now[id], id) if to == POSTGRES else (id, now[id])
            async with self._pool.connection() as connection:
                await connection.execute(_NOTE, (self._author.workspace, *pair))
        return len(todo)

    def _readers(self, places: Places, to: str) -> tuple[Reader, Reader]:
        lake = places.lake[0]
        in_lake = LakeReader(lake, self._author, lake.of(self._author.workspace))
        in_postgres = PostgresReader(places.postgres, self._author, self._pool)
        return (in_postgres, in_lake) if to == LAKEFS else (in_lake, in_postgres)

    async def _writer(self, places: Places, reader: Reader, to: str) -> Writer:
        if to == POSTGRES:
            return PostgresWriting(self._pool, self._blobs, self._author)
        versions = places.lake[0].of(self._author.workspace)
        return LakeWriting(versions, self._author, await reader.chain("main"))

    async def _known(self, to: str) -> dict[str, str]:
        """Commits that are there already, by their ids here."""
        async with self._pool.connection() as connection:
            rows: list[Any] = await (
                await connection.execute(_KNOWN, (self._author.workspace,))
            ).fetchall()
        return {lake: own for own, lake in rows} if to == POSTGRES else dict(rows)


async def _compare(one: Reader, other: Reader, id: str, now: str) -> None:
    was, found = await one.tree(id), await other.tree(now)
    if was == found:
        return
    differ = sorted(was ^ found)
    raise NotTheSame(
        f"Version {id[:12]}… was copied as {now[:12]}…, and {len(differ)} entries differ: "
        f"{'; '.join(differ[:3])}.",
        remedy="The files stay where they are. Tell us what differs, with the versions of both.",
    )


_HOLD = "SELECT pg_advisory_xact_lock(1885432167, hashtext(%s))"
_KNOWN = "SELECT postgres, lakefs FROM pai.file_move WHERE workspace = %s"
_NOTE = """
INSERT INTO pai.file_move (workspace, postgres, lakefs) VALUES (%s, %s, %s)
ON CONFLICT (workspace, postgres) DO UPDATE SET lakefs = excluded.lakefs
"""
_SETTLE = """
INSERT INTO pai.file_place (workspace, place) VALUES (%s, %s)
ON CONFLICT (workspace) DO UPDATE SET place = excluded.place, at = now()
"""
