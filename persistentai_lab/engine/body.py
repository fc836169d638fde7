"""Runs one body, where it belongs, within its time.

Async blocks of ours run on the loop, sync ones in threads, your own functions and `cpu=True`
blocks in pooled child processes. A body that blocks or hangs never stops the worker's loop.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import anyio.to_process
from anyio import BrokenWorkerProcess, CapacityLimiter

from ..blocks.registry import find_block
from ..errors import BodyTimedOut, NodeError
from ..flow.payload import Payload
from .child import Call, RaisedInBody, Reply, own_lines, perform, prepare
from .context import BufferedMemory, Errand, LentContext, ReadRecord, Say
from .write import RecordWrite


@dataclass(frozen=True, slots=True)
class Work:
    """Which body is to run, for which step, within which time."""

    block: str
    version: int
    cpu: bool
    timeout_s: float | None
    errand: Errand


@dataclass(slots=True)
class Done:
    """What came of a body."""

    outputs: dict[str, Payload]
    writes: list[RecordWrite] = field(default_factory=list)


class Bodies:
    """Runs bodies for all legs of a worker."""

    def __init__(self, *, threads: int = 64, processes: int = 32) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="body")
        self._processes = processes
        self._limiter: CapacityLimiter | None = None

    async def run(
        self,
        what: Work,
        inputs: Mapping[str, Payload],
        *,
        source: str | None,
        say: Say,
        read_record: ReadRecord,
    ) -> Done:
        """Run the body once. Raises `NodeError`; anything else a body raises becomes one."""
        try:
            async with asyncio.timeout(what.timeout_s):
                if source is not None or what.cpu:
                    return await self._in_child(what, dict(inputs), source, say)
                return await self._here(what, inputs, say, read_record)
        except TimeoutError as error:
            raise BodyTimedOut(
                f"{what.block} ran longer than {what.timeout_s:g} s.",
                remedy="Raise `timeout_s` in the node's policy, or make the body faster.",
                retryable=True,
            ) from error

    async def warm(self) -> None:
        """Start a child before anybody needs it: the first body of a person's own waits less."""
        self._limiter = self._limiter or CapacityLimiter(self._processes)
        await anyio.to_process.run_sync(prepare, cancellable=True, limiter=self._limiter)

    def close(self) -> None:
        """Let go of idle threads; hung ones end with the process."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _here(
        self, what: Work, inputs: Mapping[str, Payload], say: Say, read_record: ReadRecord
    ) -> Done:
        block = find_block(what.block, what.version)
        arguments = block.load_inputs(inputs)
        memory = BufferedMemory(what.errand.path, read_record)
        if block.wants_context:
            arguments["ctx"] = LentContext(what.errand, say, memory)
        try:
            if block.is_async:
                result = await block.func(**arguments)
            else:
                loop = asyncio.get_running_loop()
                result = await loop.run_in_executor(self._threads, lambda: block.func(**arguments))
        except TimeoutError as error:
            if (current := asyncio.current_task()) and current.cancelling():
                raise
            raise _raised(error) from error
        except NodeError as error:
            error.__dict__.setdefault("traceback", own_lines(error))
            raise
        except Exception as error:  # a body may raise anything
            raise _raised(error) from error
        return Done(block.dump_outputs(result), memory.writes)

    async def _in_child(
        self, what: Work, inputs: dict[str, Payload], source: str | None, say: Say
    ) -> Done:
        self._limiter = self._limiter or CapacityLimiter(self._processes)
        call = Call(what.block, what.version, source, inputs, what.errand)
        try:
            reply: Reply = await anyio.to_process.run_sync(
                perform, call, cancellable=True, limiter=self._limiter
            )
        except BrokenWorkerProcess as error:
            raise NodeError(
                f"The process that ran {what.block} died.",
                remedy="It may have run out of memory, or called os._exit.",
                retryable=True,
            ) from error
        for level, message in reply.logs:
            say.log(level, message)
        if reply.error is not None:
            reply.error.__dict__["traceback"] = reply.traceback
            raise reply.error
        return Done(reply.outputs, reply.writes)


def _raised(error: Exception) -> NodeError:
    wrapped = RaisedInBody(error)
    wrapped.__dict__["traceback"] = own_lines(error)
    return wrapped
