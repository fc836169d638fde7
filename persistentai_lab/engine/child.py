"""Runs a body in a child process: your own functions, and built-in blocks that keep a core busy.

A child that hangs or dies takes nothing with it. Children are pooled and know nothing of the
database; what a body logs or writes to memory comes back with its result.
"""

import asyncio
import signal
import sys
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from ..blocks.context import Http
from ..errors import NodeError
from ..flow.payload import Payload
from ..ids import Json
from .context import BufferedMemory, Errand, Web
from .write import RecordWrite

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


@dataclass(slots=True)
class Reply:
    """What came of it."""

    outputs: dict[str, Payload] = field(default_factory=dict)
    writes: list[RecordWrite] = field(default_factory=list)
    logs: list[tuple[str, str]] = field(default_factory=list)
    error: Exception | None = None
    traceback: str | None = None


@dataclass(slots=True)
class ChildContext:
    """Implements `blocks.Context` inside a child."""

    errand: Errand
    memory: BufferedMemory
    reply: Reply
    http: Http = field(default_factory=Web)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = self.errand.random()

    @property
    def idempotency_key(self) -> str:
        """Same for every attempt to do the same thing."""
        return self.errand.key

    @property
    def attempt(self) -> int:
        """Counts from 1."""
        return self.errand.attempt

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC)

    def log(self, message: str, *, level: str = "info") -> None:
        """Shown when the body has ended."""
        self.reply.logs.append((level, message))

    def progress(self, done: float, total: float | None = None) -> None:
        """A child reports no progress."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


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


def prepare() -> None:
    """Import what every body needs."""
    _die_with_parent()
    from ..blocks import registry, source  # noqa: F401


def perform(call: Call) -> Reply:
    """Run the body. Never raises what the body raised: that comes back in the reply."""
    _die_with_parent()
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
            arguments["ctx"] = ChildContext(call.errand, memory, reply)
        result = block.func(**arguments)
        if block.is_async:
            result = asyncio.run(result)
        reply.outputs = block.dump_outputs(result)
    except Exception as error:  # noqa: BLE001 - a body may raise anything
        reply.traceback = own_lines(error)
        reply.error = error if isinstance(error, NodeError) else RaisedInBody(error)
    return reply


class RaisedInBody(NodeError):
    """An exception that is not ours, as text: its class may not exist in the worker."""

    code = "raised"

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"{type(error).__name__}: {error}",
            remedy="See the traceback; fix the block, or give the node a retry policy.",
            retryable=True,
        )


def own_lines(error: BaseException) -> str:
    """The traceback from the body on, without our own frames above it."""
    frames = traceback.extract_tb(error.__traceback__)
    first = next(
        (n for n, frame in enumerate(frames) if "persistentai_lab/engine" not in frame.filename), 0
    )
    lines = traceback.format_list(frames[first:])
    return "".join([*lines, *traceback.format_exception_only(error)])[-8_000:]
