"""One call as the worker has it: what is asked of a fork, what it says meanwhile, its reply."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

from ...errors import NodeError
from ...flow.payload import File, Payload
from ...memory.catalogue import read_query
from ...memory.layer import Ask
from ..policies.spending import Spent
from .child import LINE_MAX, Failure, Reply
from .context import Errand, Say
from .kinds import Kind
from .parcel import Parcel
from .replies import read_reply
from .wire import FILES_MAX, Header, NoFrame, Wire

WORDS_MAX = 100_000
"""What somebody else's code may say in one call before it is ended."""
KEPT_MAX = 1 << 30
"""Bytes that somebody else's code may have kept in one call before it is ended."""
LEVEL_MAX = 100
"""Characters of the level of a line."""


@dataclass(slots=True)
class Room:
    """How much a call may still say, and have kept."""

    words: float = math.inf
    size: float = math.inf

    def take(self, size: int) -> None:
        """One word, with so many bytes to keep. Raises `NoFrame`."""
        self.words -= 1
        self.size -= size
        if self.words < 0 or self.size < 0:
            raise NoFrame("it says too much")


Draft = Callable[[], File | None]
"""Makes a file for a large output."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a child is asked to do."""

    block: str
    version: int
    inputs: dict[str, Payload]
    errand: Errand
    outputs: tuple[str, ...] | None = None
    """The ports that it has to fill."""


async def converse(
    wire: Wire, call: Call, kind: Kind, say: Say, draft: Draft, ask: Ask
) -> tuple[Reply, list[object]]:
    """Have a fork perform a call: its reply, and the modules that it says it has imported.

    Raises:
        NoFrame: It hung up, or said what nobody asked.
    """
    parcel = Parcel.of(call.inputs)
    room = FILES_MAX - len(parcel.files)  # outputs without a file come in the reply
    wanted = (draft() for _ in (call.outputs or ())[: max(0, room)])
    drafts = [file for file in wanted if file is not None]
    await _ask(wire, call, kind, parcel, drafts)
    is_trusted = kind.walled_for is None
    left = Room() if is_trusted else Room(WORDS_MAX, KEPT_MAX)
    while True:
        said, parts = await wire.receive()
        left.take(len(parts) if "ask" in said else 0)
        match said:
            case {"log": [str(level), str(message)]}:
                say.log(level[:LEVEL_MAX], message[: LINE_MAX + 1])
            case {"progress": [int() | float() as done, int() | float() | None as total]}:
                _progress(say, done, total)
            case {"spend": [tokens, micros, currency]}:
                if (spent := Spent.read(tokens, micros, currency)) is None:
                    raise NoFrame("costs that are none")
                say.spend(spent)
            case {"ask": [str(op), {} as rest]}:
                await _answer(wire, ask, op, rest, parts)
            case {"reply": {} as reply, "imported": [*names]}:
                what = reply, parts, drafts, call.outputs
                if is_trusted:
                    return read_reply(*what), names
                return await asyncio.to_thread(read_reply, *what, copy_to=draft), names
            case _:
                raise NoFrame("something else than a word or a reply")


async def _ask(wire: Wire, call: Call, kind: Kind, parcel: Parcel, drafts: list[File]) -> None:
    asked: Header = {
        "block": call.block,
        "version": call.version,
        "text": kind.text.header() if kind.text and not kind.shares_text else None,
        "errand": asdict(call.errand),
        "inputs": parcel.entries,
        "drafts": len(drafts),
    }
    await wire.send(asked, parcel.parts, [*parcel.files, *(file.fileno() for file in drafts)])


async def _answer(wire: Wire, ask: Ask, op: str, rest: Header, data: memoryview) -> None:
    try:
        answer = await ask(read_query(op, rest).carrying(data))
    except NodeError as error:  # a body may catch what memory says
        await wire.send({"refused": asdict(Failure.of(error))})
    else:
        await wire.send({"answer": answer.value}, [answer.data] if answer.data else [])


def _progress(say: Say, done: float, total: float | None) -> None:
    """Numbers only: JSON as Python reads it has NaN and integers without end."""
    try:
        far, whole = float(done), None if total is None else float(total)
    except OverflowError:
        return
    if math.isfinite(far):
        say.progress(far, whole if whole is None or math.isfinite(whole) else None)
