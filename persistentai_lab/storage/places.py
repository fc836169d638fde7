"""The files layer: in Postgres, or in lakeFS where a workspace's files live there.

A workspace without any version takes lakeFS when this runtime knows one; others stay where they
are. In either, content is kept beside Postgres until a commit puts it under a path.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from psycopg import AsyncConnection

from ..errors import MemoryRefused
from ..flow.payload import Payload
from ..ids import Workspace
from ..memory.author import Author
from ..memory.files import asks
from ..memory.files.model import Stat, Version
from ..memory.layer import Answer, Receipt
from .blobs import Blobs
from .files import Files
from .lakefs.files import LakeFiles
from .lakefs.settings import URL_SETTING, Settings
from .lakefs.writing import LakeWriter
from .pool import Pool

LAKEFS, POSTGRES = "lakefs", "postgres"
BELIEVED_S = 2.0
"""For so long, who only reads believes that files are where they were."""


class Places:
    """Knows where the files of each workspace are."""

    def __init__(self, pool: Pool, blobs: Blobs, environ: Mapping[str, str]) -> None:
        self._pool = pool
        self._blobs = blobs
        self._environ = environ
        self.postgres = Files(pool, blobs)
        self._known: dict[Workspace, tuple[str, float]] = {}

    @cached_property
    def _lake(self) -> tuple[LakeFiles, LakeWriter] | None:
        settings = Settings.of(self._environ)
        if settings is None:
            return None
        files = LakeFiles(self._pool, self._blobs, settings)
        return files, LakeWriter(files, self._blobs)

    @property
    def lake(self) -> tuple[LakeFiles, LakeWriter]:
        """Reads and writes in lakeFS. Raises `MemoryRefused` when this runtime knows none."""
        if self._lake is None:
            raise MemoryRefused(
                "The files of this workspace live in lakeFS, and this runtime knows none.",
                remedy=f"Set {URL_SETTING} and what belongs to it, then start it again.",
            )
        return self._lake

    async def are_in_lakefs(self, workspace: Workspace) -> bool:
        """Whether a workspace's files live in lakeFS."""
        place, until = self._known.get(workspace, ("", 0.0))
        if time.monotonic() > until:
            async with self._pool.connection() as connection:
                row = await (await connection.execute(_PLACE, (workspace,))).fetchone()
            place = row[0] if row else POSTGRES
            self._known[workspace] = (place, time.monotonic() + BELIEVED_S)
        return place == LAKEFS

    async def answer(self, author: Author, query: Any) -> Answer:
        """Answer a query."""
        if isinstance(query, asks.KeepBytes) or not await self.are_in_lakefs(author.workspace):
            return await self.postgres.answer(author, query)
        _only_in_postgres(query)
        return await self.lake[0].answer(author, query)

    async def prepare(self, author: Author, commands: Sequence[Any]) -> None:
        """See `ready`."""

    async def ready(self, author: Author, command: Any, number: int) -> Any:
        """A command as it is to be applied; in lakeFS under a key that each try of it has.

        Args:
            author: Who makes it.
            command: The command.
            number: Which it is, of those that are made together.
        """
        if self._lake is None:
            return command  # `apply` finds out where they are
        async with self._pool.connection() as connection:
            if await self._place(connection, author.workspace) != LAKEFS:
                return command
            _only_in_postgres(command)
            said = getattr(command, "key", None)
            step = f"{author.run}/{author.path}/{number + 1}" if author.run else uuid.uuid4().hex
            key = said or step
            await self.lake[1].prepare(connection, author, command, key)
        return command.trying_as(key)

    async def apply(
        self, connection: AsyncConnection[Any], author: Author, command: Any
    ) -> Receipt:
        """Do a command in the transaction of `connection`; in lakeFS, just before it ends."""
        if await self._place(connection, author.workspace) != LAKEFS:
            return await self.postgres.apply(connection, author, command)
        key = command.tried_as or getattr(command, "key", None) or uuid.uuid4().hex
        return await self.lake[1].apply(connection, author, command, key)

    async def _place(self, connection: AsyncConnection[Any], workspace: Workspace) -> str:
        """Where files are, and stay until the transaction ends."""
        values = (workspace, self._lake is not None)
        row = await (await connection.execute(_TAKE_PLACE, values)).fetchone()
        assert row is not None
        return str(row[0])

    async def stat(self, author: Author, query: asks.StatFile | asks.ReadFile) -> Stat:
        """What is under a path. Raises `NotInMemory`."""
        if await self.are_in_lakefs(author.workspace):
            return await self.lake[0].stat(author, query)
        return await self.postgres.stat(author, query)

    async def open(self, author: Author, stat: Stat) -> Payload:
        """The content of a file; a large one stays where it lies. Raises `NotInMemory`."""
        if await self.are_in_lakefs(author.workspace):
            return await self.lake[0].open(author, stat)
        return await self.postgres.open(author, stat)

    async def keep(self, author: Author, payload: Payload) -> Version:
        """Keep content for a commit to come. Twice is once."""
        return await self.postgres.keep(author, payload)

    async def keep_all(self, author: Author, payloads: Sequence[Payload]) -> list[Version]:
        """The same for many: small ones go in one statement."""
        return await self.postgres.keep_all(author, payloads)


def _only_in_postgres(said: Any) -> None:
    """Refuse what lakeFS has no means for. Raises `MemoryRefused`."""
    if isinstance(said, asks.VerifyFiles):
        raise MemoryRefused(
            "The files of this workspace are in lakeFS, whose commits are no chain of ours.",
            remedy="lakeFS names each commit by its hash; compare that with one noted before.",
        )
    if isinstance(said, asks.EraseFile):
        raise MemoryRefused(
            "The files of this workspace are in lakeFS, which keeps what a version has.",
            remedy="Delete it there: lakeFS erases by its own garbage collection.",
        )


_PLACE = "SELECT place FROM pai.file_place WHERE workspace = %s"
_TAKE_PLACE = "SELECT pai.take_file_place(%s, %s)"
