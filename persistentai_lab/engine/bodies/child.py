"""One call in a process of its own: what the fork of a nursery does, and then it ends.

It knows nothing of the database: what a body says goes over the wire at once, what it writes to
memory comes back with its result. All of that is of our own types: what a person's module defines
exists in here only.
"""

import asyncio
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice

from ...blocks.progress import reporting
from ...blocks.registry import AnyBlock, find_block
from ...blocks.source import load_source
from ...errors import BlockUnavailable, NodeError
from ...flow.payload import File, Payload
from ...memory.body import Blocking
from ...memory.layer import Answer, Ask, Command, Query
from ..policies.spending import Spent
from .context import BufferedMemory, Errand, LentContext, Say
from .guard import GUARD
from .parcel import ASIDE_MIN, Parcel, inline_parts
from .wire import ChildWire, Header, NoFrame

LINE_MAX = 10_000
"""Characters of one line of a log."""
TRACEBACK_MAX = 8_000
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
LIBRARIES = (
    "persistentai_lab",  # walking all blocks takes longer than most bodies
    "numpy", "pandas", "pyarrow", "polars", "duckdb", "matplotlib", "PIL", "openpyxl", "jsonpath",
)  # fmt: skip
"""What a nursery imports for the forks to come, once one of them has imported it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a body raised, as text."""

    code: str
    message: str
    remedy: str
    retryable: bool
    traceback: str

    @classmethod
    def of(cls, error: BaseException, module: str | None = None) -> "Failure":
        """Of whatever was raised; errors that are not ours are worth another try.

        Args:
            error: What was raised.
            module: The person's own, whose lines the traceback is to show.
        """
        lines = own_lines(error, module)
        if isinstance(error, NodeError):
            return cls(
                str(error.code), str(error.message), str(error.remedy), bool(error.retryable), lines
            )
        remedy = "See the traceback; fix the block, or give the node a retry policy."
        return cls("raised", f"{type(error).__name__}: {_text_of(error)}", remedy, True, lines)

    @classmethod
    def read(cls, said: object) -> "Failure":
        """As it comes from a child, which may say anything."""
        match said:
            case {
                "code": str(code),
                "message": str(message),
                "remedy": str(remedy),
                "retryable": bool(retryable),
                "traceback": str(lines),
            } if _CODE.fullmatch(code):
                return cls(
                    code, message[:LINE_MAX], remedy[:LINE_MAX], retryable, lines[-TRACEBACK_MAX:]
                )
        raise NoFrame("no failure")

    def error(self) -> NodeError:
        """As the engine raises it."""
        error = NodeError(self.message, remedy=self.remedy, retryable=self.retryable)
        error.__dict__.update(code=self.code, traceback=self.traceback)
        return error


@dataclass(slots=True)
class Reply:
    """What came of a call."""

    outputs: dict[str, Payload] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    failure: Failure | None = None


def answer(wire: ChildWire, text: Header | None, say_first: Callable[[], None]) -> None:
    """Perform the call that comes over the wire.

    Args:
        wire: Ends when the worker does.
        text: The person's own that is loaded here already.
        say_first: Has what was printed leave before the reply.
    """
    call, parts, files = wire.receive()
    known = len(sys.modules)  # a set of them would touch, and so unshare, all their names
    reply = perform(call, call["text"] or text, parts, files, _say(wire), _ask(wire))
    say_first()
    drafts = files[len(files) - call["drafts"] :]
    for payload, draft in zip(_large(reply.outputs), drafts, strict=False):
        reply.outputs[payload] = _write(reply.outputs[payload], draft)
    parcel = Parcel.of(reply.outputs)
    for entry in parcel.entries:
        if "file" in entry:
            entry["file"] = drafts.index(parcel.files[entry["file"]])
    wire.send(
        {
            "reply": {
                "outputs": parcel.entries,
                "commands": [[it.op, it.model_dump(mode="json")] for it in reply.commands],
                "failure": None if reply.failure is None else asdict(reply.failure),
            },
            "imported": [
                name
                for name in islice(reversed(sys.modules), max(0, len(sys.modules) - known))
                if name.partition(".")[0] in LIBRARIES
            ],
        },
        parcel.parts,
    )


def perform(
    call: Header,
    text: Header | None,
    parts: memoryview,
    files: Sequence[int],
    say: Say,
    ask: Ask,
) -> Reply:
    """Run the body. Never raises what the body raised: that comes back in the reply."""
    reply = Reply()
    module = text["module"] if text else None
    try:
        block = _find(call, text)
        errand = Errand(**call["errand"])
        inputs = _inputs(call["inputs"], parts, files)
        arguments = block.load_inputs(inputs)
        memory = BufferedMemory(ask)
        if block.wants_context:
            lent = memory if block.is_async else Blocking(memory)
            arguments["ctx"] = LentContext(errand, say, lent)
        with reporting(say.progress):
            result = block.func(**arguments)
            if block.is_async:
                result = asyncio.run(result)
        reply.outputs = block.dump_outputs(result)
        reply.commands = memory.commands
    except BaseException as error:  # noqa: BLE001 - `sys.exit()` in a body is no exit of ours
        reply.failure = Failure.of(error, module)
    return reply


def _find(call: Header, text: Header | None) -> AnyBlock:
    if text is None:
        return find_block(call["block"], call["version"])
    if (found := load(text).get(call["block"])) is not None:
        return found
    raise BlockUnavailable(
        f"The text that was shipped for {call['block']!r} does not define it as a block.",
        remedy="It has to stand at the top level of its cell or module.",
    )


def load(text: Header) -> Mapping[str, AnyBlock]:
    """The blocks of a person's text, which is run once a process, away from the network."""
    if not text["network"]:
        GUARD.close(text["label"])
    return load_source(text["module"], text["source"])


def _inputs(
    entries: Sequence[Header], parts: memoryview, files: Sequence[int]
) -> dict[str, Payload]:
    """What the edges brought. Files are mapped, and read where they are."""
    inline = inline_parts(entries, parts)
    inputs = {}
    for entry in entries:
        port = entry["port"]
        data = inline[port] if port in inline else File(files[entry["file"]]).mapped()
        inputs[port] = Payload(data, entry["media_type"])
    return inputs


def _large(outputs: dict[str, Payload]) -> list[str]:
    return [port for port, payload in outputs.items() if len(payload.data) > ASIDE_MIN]


def _write(payload: Payload, draft: int) -> Payload:
    file = File(draft)
    file.write(payload.data)
    return Payload(b"", payload.media_type, payload.sketch, file)


def _say(wire: ChildWire) -> Say:
    def log(level: str, message: str) -> None:
        wire.send({"log": [str(level)[:100], str(message)[: LINE_MAX + 1]]})

    def progress(done: float, total: float | None) -> None:
        wire.send({"progress": [float(done), None if total is None else float(total)]})

    def spend(spent: Spent) -> None:
        wire.send({"spend": [spent.tokens, spent.micros, spent.currency]})

    return Say(log, progress, spend)


def _ask(wire: ChildWire) -> Ask:
    """Asks the worker, and waits: a child has nothing else to do."""
    one_at_a_time = threading.Lock()

    async def ask(query: Query) -> Answer:
        with one_at_a_time:
            wire.send(
                {"ask": [query.op, query.model_dump(mode="json")]},
                [query.data] if query.data else [],
            )
            said, data, _ = wire.receive()
        if said.get("refused") is not None:
            raise Failure.read(said["refused"]).error()
        return Answer(said["answer"], bytes(data))

    return ask


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - its `__str__` is a person's too
        return "(it can't say why)"


def own_lines(error: BaseException, module: str | None = None) -> str:
    """The traceback as a person needs it: their own lines, and the last one of a library."""
    frames = list(traceback.extract_tb(error.__traceback__))
    if module is None:
        first = next((n for n, frame in enumerate(frames) if not _is_ours(frame)), 0)
        shown = frames[first:]
    else:
        shown = [frame for frame in frames if frame.filename.startswith(f"<{module}")]
        if not shown and error.__cause__ is not None:  # we say what is wrong with their text
            return own_lines(error.__cause__, module)
        if shown and frames[-1] is not shown[-1] and not _is_ours(frames[-1]):
            shown.append(frames[-1])
    lines = traceback.format_list(shown)
    try:
        last = traceback.format_exception_only(error)
    except Exception:  # noqa: BLE001 - as above
        last = [f"{type(error).__name__}\n"]
    return "".join([*lines, *last])[-TRACEBACK_MAX:]


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return "persistentai_lab/engine" in frame.filename.replace(os.sep, "/")
