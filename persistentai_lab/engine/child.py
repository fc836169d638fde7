"""Runs a body in a child process: your own functions, and built-in blocks that keep a core busy.

A child that hangs or dies takes nothing with it. Children are pooled and know nothing of the
database: what a body says goes over the wire at once, what it writes to memory comes back with its
result. All of that is of our own types: what a person's module defines exists in the child only.
"""

import asyncio
import os
import pickle
import signal
import socket
import sys
import traceback
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from ..errors import NodeError
from ..flow.payload import Payload
from ..ids import Json
from .context import BufferedMemory, Errand, LentContext, Say
from .write import RecordWrite

READY = b"ready"
SIZE_BYTES = 8
"""Requests and replies go over the wire as their size, then themselves."""

Word = tuple[Literal["log"], str, str] | tuple[Literal["progress"], float, float | None]
"""What a body says while it runs."""

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Call:
    """What a child is asked to do."""

    block: str
    version: int
    source: str | None
    """Text of the module, for `module:function`; built-in blocks need none."""
    inputs: dict[str, Payload]
    errand: Errand


@dataclass(frozen=True, slots=True)
class Failure:
    """What a body raised, as text."""

    code: str
    message: str
    remedy: str
    retryable: bool
    traceback: str

    @classmethod
    def of(cls, error: BaseException) -> "Failure":
        """Of whatever was raised; errors that are not ours are worth another try."""
        lines = own_lines(error)
        if isinstance(error, NodeError):
            return cls(
                str(error.code), str(error.message), str(error.remedy), bool(error.retryable), lines
            )
        remedy = "See the traceback; fix the block, or give the node a retry policy."
        return cls("raised", f"{type(error).__name__}: {_text_of(error)}", remedy, True, lines)

    def error(self) -> NodeError:
        """As the engine raises it."""
        error = NodeError(self.message, remedy=self.remedy, retryable=self.retryable)
        error.__dict__.update(code=self.code, traceback=self.traceback)
        return error


@dataclass(slots=True)
class Reply:
    """What came of it."""

    outputs: dict[str, Payload] = field(default_factory=dict)
    writes: list[RecordWrite] = field(default_factory=list)
    failure: Failure | None = None


async def _no_records(key: str) -> Json:
    raise NodeError(
        f"Your own function can't read the record {key!r} by itself.",
        remedy="Put a `memory.get` node before it and take the value as an input.",
    )


def _die_with_parent() -> None:
    """Have the kernel end this process when the worker dies, also by `kill -9` (Linux)."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def serve(wire: int) -> None:
    """Perform what is asked over the wire, until the other end closes it."""
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker
    os.set_inheritable(wire, False)
    from ..blocks import registry, source  # noqa: F401 - what every body needs

    one_at_a_time = Lock()  # a body may speak from threads of its own
    with socket.socket(fileno=wire) as line, line.makefile("rwb") as stream:

        def send(frame: Reply | Word) -> None:
            data = pickle.dumps(frame, pickle.HIGHEST_PROTOCOL)
            with one_at_a_time:
                stream.write(len(data).to_bytes(SIZE_BYTES) + data)
                stream.flush()

        say = Say(
            log=lambda level, message: send(("log", str(level), str(message))),
            progress=lambda done, total: send(
                ("progress", float(done), None if total is None else float(total))
            ),
        )
        stream.write(READY)
        stream.flush()
        while size := stream.read(SIZE_BYTES):
            send(perform(pickle.loads(stream.read(int.from_bytes(size))), say))


def perform(call: Call, say: Say) -> Reply:
    """Run the body. Never raises what the body raised: that comes back in the reply."""
    from ..blocks.registry import find_block
    from ..blocks.source import load_source

    reply = Reply()
    try:
        if call.source is None:
            block = find_block(call.block, call.version)
        else:
            block = load_source(call.block.partition(":")[0], call.source)[call.block]
        arguments = block.load_inputs(call.inputs)
        memory = BufferedMemory(call.errand.path, _no_records, reply.writes)
        if block.wants_context:
            arguments["ctx"] = LentContext(call.errand, say, memory)
        result = block.func(**arguments)
        if block.is_async:
            result = asyncio.run(result)
        reply.outputs = block.dump_outputs(result)
    except BaseException as error:  # noqa: BLE001 - `sys.exit()` in a body is no exit of ours
        reply.failure = Failure.of(error)
    return reply


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - its `__str__` is a person's too
        return "(it can't say why)"


def own_lines(error: BaseException) -> str:
    """The traceback from the body on, without our own frames above it."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next(
        (n for n, frame in enumerate(frames) if "persistentai_lab/engine" not in frame.filename), 0
    )
    lines = traceback.format_list(frames[first:])
    try:
        last = traceback.format_exception_only(error)
    except Exception:  # noqa: BLE001 - as above
        last = [f"{type(error).__name__}\n"]
    return "".join([*lines, *last])[-8_000:]
