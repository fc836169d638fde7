"""One call as the worker has it: what is asked of a fork, what it says meanwhile, its reply."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

from ..errors import NodeError
from ..flow.payload import File, Payload
from ..memory.catalogue import read_query
from ..memory.layer import Ask
from .child import LINE_MAX, Failure, Reply
from .context import Errand, Say
from .kinds import Kind
from .parcel import Parcel
from .policies.spending import Spent
from .replies import read_reply
from .wire import FILES_MAX, Header, NoFrame, Wire

WORDS_MAX = 100_000
"""What somebody else's code may say in one call before it is ended."""
LEVEL_MAX = 100
"""Characters of the level of a line."""

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
    words_left = WORDS_MAX if kind.walled_for is not None else math.inf
    while True:
        said, parts = await wire.receive()
        words_left -= 1
        if words_left < 0:
            raise NoFrame("it says too much")
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
                await _answer(wire, ask, op, rest)
            case {"reply": {} as reply, "imported": [*names]}:
                what = reply, parts, drafts, call.outputs, call.errand.path
                if kind.walled_for is None:
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


async def _answer(wire: Wire, ask: Ask, op: str, rest: Header) -> None:
    try:
        answer = await ask(read_query(op, rest))
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
