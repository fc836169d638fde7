"""The history layer: each query to whoever answers it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ...errors import MemoryRefused
from ...ids import Workspace
from ...memory.author import Author
from ...memory.history.asks import (
    CostBy,
    InputsOf,
    Lineage,
    MadeBy,
    RanWith,
    Runs,
    Steps,
    UsesOf,
    ValueOf,
    VerifyRun,
)
from ...memory.layer import Answer, Receipt
from ..blobs import Blobs
from ..pool import Pool
from . import finding, reading, using
from .bundle import Bundles
from .lineage import lineage
from .seals import Seals

_ANSWERS: dict[type[Any], Any] = {
    Runs: reading.runs,
    Steps: reading.steps,
    ValueOf: reading.value_of,
    InputsOf: reading.inputs_of,
    MadeBy: finding.made_by,
    RanWith: finding.ran_with,
    UsesOf: using.uses,
    CostBy: using.cost,
    Lineage: lineage,
}
PATIENCE = "SET LOCAL statement_timeout = '20s'"
"""Some look through all steps of a workspace."""


class History:
    """What runs did. Nothing is done to it: runs write it."""

    def __init__(self, pool: Pool, blobs: Blobs) -> None:
        self._pool = pool
        self.seals = Seals(pool)
        self._bundles = Bundles(pool, blobs, self.seals)

    async def answer(self, author: Author, query: Any) -> Answer:
        """Answer a query."""
        if isinstance(query, VerifyRun):
            return _told(await self.seals.verify(author.workspace, query.run))
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            await connection.execute(PATIENCE)
            return _told(await _ANSWERS[type(query)](connection, author.workspace, query))

    async def prepare(self, author: Author, commands: Sequence[Any]) -> None:
        """There are no commands."""

    async def apply(self, connection: Any, author: Author, command: Any) -> Receipt:
        """There are no commands."""
        raise MemoryRefused("History can't be written.", remedy="Runs write it as they go.")

    async def bundle(self, workspace: Workspace, runs: list[str], path: Path) -> None:
        """Write the audit bundle of some runs. Raises `MemoryRefused`, `NotInMemory`."""
        await self._bundles.make(workspace, runs, path)


def _told(found: Any) -> Answer:
    if isinstance(found, list):
        return Answer([each.model_dump(mode="json") for each in found])
    return Answer(found.model_dump(mode="json") if isinstance(found, BaseModel) else found)
