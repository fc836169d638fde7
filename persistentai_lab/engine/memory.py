"""Memory as the steps of a run have it: they ask it, and what they change commits with them."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from psycopg import AsyncConnection

from ..errors import NodeError
from ..flow.payload import JSON
from ..ids import Path
from ..memory.author import Author
from ..memory.layer import PROMISE, Answer, Ask, Command, Query, Receipt
from ..storage.memory import MemoryTree
from ..storage.plainly import plainly
from .patience import insist
from .records.batch import Batch
from .records.record import Record
from .records.recorder import Recorder
from .records.values import Value

Compose = Callable[[Sequence[Receipt]], Batch]
"""The record of a step, when it is known what came of its commands."""


class Memory(Protocol):
    """What a step does with memory."""

    def asks(self, path: Path) -> Ask:
        """How the body at this place asks."""
        ...

    async def store(
        self, recorder: Recorder, path: Path, commands: Sequence[Command], compose: Compose
    ) -> None:
        """Do commands and commit the record, both or neither. Raises `MemoryRefused`."""
        ...


class StepMemory:
    """Of a run, for its owner and its caller."""

    def __init__(self, tree: MemoryTree, record: Record) -> None:
        self._tree = tree
        self._record = record

    def asks(self, path: Path) -> Ask:
        """How the body at this place asks."""
        author = self._author(path)

        async def ask(query: Query) -> Answer:
            return await insist(lambda: self._tree.answer(author, query), query.op)

        return ask

    async def store(
        self, recorder: Recorder, path: Path, commands: Sequence[Command], compose: Compose
    ) -> None:
        """Do commands and commit the record, both or neither. Raises `MemoryRefused`."""
        author = self._author(path)
        ready = await insist(
            lambda: self._tree.prepare(author, commands), f"{path}: memory prepared"
        )

        receipts: list[Receipt] = []

        async def do(connection: AsyncConnection[Any]) -> Batch:
            receipts[:] = await self._tree.apply(connection, author, ready)
            return compose(receipts)

        with plainly():
            await recorder.transact(do)
        if receipts:  # else an earlier try had arrived, and nobody knows what it came to
            self._tree.tell(author, commands, receipts)

    def _author(self, path: Path) -> Author:
        record = self._record
        return Author(record.workspace, record.owner, record.caller, record.run, path)


class NoMemory:
    """Of a replay: whatever a step had from memory is recorded."""

    def asks(self, path: Path) -> Ask:
        """Refuses."""

        async def refuse(query: Query) -> Answer:
            raise NodeError(f"A pure block asked `{query.op}`.", remedy="Declare it `read`.")

        return refuse

    async def store(
        self, recorder: Recorder, path: Path, commands: Sequence[Command], compose: Compose
    ) -> None:
        """Nothing is stored."""
        raise AssertionError("a replay writes nothing")


def kept(outputs: dict[str, Value], receipts: Sequence[Receipt]) -> dict[str, Value]:
    """Outputs with what came of commands in the place of promises."""
    return {name: _kept(value, receipts) for name, value in outputs.items()}


def _kept(value: Value, receipts: Sequence[Receipt]) -> Value:
    if value.media_type != JSON or value.payload is None or len(value.payload.data) > 40:
        return value
    text = bytes(value.payload.data).decode()
    for number, receipt in enumerate(receipts):
        if text.replace(" ", "") == f'{{"{PROMISE}":{number}}}':
            return Value.of_json(receipt.said)
    return value
