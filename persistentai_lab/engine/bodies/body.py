"""Runs one body, where it belongs, within its time.

Async blocks of ours run on the loop, sync ones in threads, your own functions and `cpu=True`
blocks in child processes, one a call. A body that blocks or hangs never stops the worker's loop.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...blocks.progress import reporting
from ...blocks.registry import AnyBlock, find_block
from ...errors import BodyTimedOut, NodeError
from ...flow.payload import File, Payload
from ...memory.body import Blocking
from ...memory.layer import Answer, Ask, Command, Query
from ...security.sandbox import Sandbox
from .child import Failure
from .children import Call, ChildDied, Children
from .code import Code
from .context import BufferedMemory, Errand, LentContext, Say
from .kinds import Kind
from .threads import Threads


@dataclass(slots=True)
class Work:
    """Which body is to run, for which step, within which time."""

    block: str
    version: int
    cpu: bool
    timeout_s: float | None
    errand: Errand
    network: bool = False
    """Whether a person's own code may use the network."""
    outputs: tuple[str, ...] | None = None
    """The ports that have to be filled."""


@dataclass(slots=True)
class Done:
    """What came of a body."""

    outputs: dict[str, Payload]
    commands: list[Command] = field(default_factory=list)
    """What it does to memory, in the commit of its record."""


class BodyDied(NodeError):
    """The process that ran a body ended in the middle of it."""

    code = "body_died"


class Bodies:
    """Runs bodies for all legs of a worker."""

    def __init__(
        self,
        *,
        threads: int = 64,
        processes: int = 32,
        draft: Callable[[], File | None] = lambda: None,
        sandbox: Sandbox | None = None,
    ) -> None:
        """Starts nothing.

        Args:
            threads: So many bodies of ours at once.
            processes: So many in children at once.
            draft: Makes the files that children write large outputs to (`Blobs.draft`).
            sandbox: The wall around other people's code.
        """
        self._places = asyncio.Semaphore(threads)
        self._threads: Threads[Done | Failure] = Threads()
        self._children = Children(processes, draft, sandbox)

    async def run(
        self,
        what: Work,
        inputs: Mapping[str, Payload],
        *,
        code: Code | None,
        say: Say,
        ask: Ask,
    ) -> Done:
        """Run the body once. Raises `NodeError`; anything else a body raises becomes one."""
        try:
            if code is not None or what.cpu:
                return await self._in_child(what, dict(inputs), code, say, ask)
            if find_block(what.block, what.version).is_async:
                if what.timeout_s is None:
                    return await self._on_loop(what, inputs, say, ask)
                async with asyncio.timeout(what.timeout_s):
                    return await self._on_loop(what, inputs, say, ask)
            return await self._in_thread(what, inputs, say, ask)
        except TimeoutError as error:
            raise BodyTimedOut(
                f"{what.block} ran longer than {what.timeout_s:g} s.",
                remedy="Raise `timeout_s` in the node's policy, or make the body faster.",
                retryable=True,
            ) from error

    async def warm(self) -> None:
        """Have a nursery before anybody needs it: the first body of a person's own waits less."""
        await self._children.warm()

    def close(self) -> None:
        """Let go of what is idle; bodies that hang end with the process."""
        self._threads.close()
        self._children.close()

    async def _on_loop(self, what: Work, inputs: Mapping[str, Payload], say: Say, ask: Ask) -> Done:
        try:
            block, arguments, memory = _lend(what, inputs, say, ask)
            with reporting(say.progress):
                result = await block.func(**arguments)
            return Done(block.dump_outputs(result), memory.commands)
        except BaseException as error:  # a body may raise anything, also when it is cancelled
            if (current := asyncio.current_task()) and current.cancelling():
                raise asyncio.CancelledError from error
            raise Failure.of(error).error() from error

    async def _in_thread(
        self, what: Work, inputs: Mapping[str, Payload], say: Say, ask: Ask
    ) -> Done:
        loop = asyncio.get_running_loop()

        async def ask_there(query: Query) -> Answer:
            return asyncio.run_coroutine_threadsafe(ask(query), loop).result()

        def perform() -> Done | Failure:
            try:
                block, arguments, memory = _lend(what, inputs, say, ask_there)
                with reporting(say.progress):
                    result = block.func(**arguments)
                return Done(block.dump_outputs(result), memory.commands)
            except BaseException as error:  # noqa: BLE001 - nothing a body raises ends a thread
                return Failure.of(error)

        # A body that hangs past its time keeps its thread, but not its place among the others.
        async with self._places, asyncio.timeout(what.timeout_s):
            done = await self._threads.run(perform)
        if isinstance(done, Failure):
            raise done.error()
        return done

    async def _in_child(
        self, what: Work, inputs: dict[str, Payload], code: Code | None, say: Say, ask: Ask
    ) -> Done:
        call = Call(what.block, what.version, inputs, what.errand, what.outputs)
        kind = Kind.of(what.block, code, network=what.network)
        try:
            reply = await self._children.perform(call, kind, say, ask, timeout_s=what.timeout_s)
        except ChildDied as error:
            raise BodyDied(
                f"The process that ran {what.block} died ({error}).",
                remedy="It may have run out of memory, or called os._exit.",
                retryable=True,
            ) from error
        if reply.failure is not None:
            raise reply.failure.error()
        return Done(reply.outputs, reply.commands)


def _lend(
    what: Work, inputs: Mapping[str, Payload], say: Say, ask: Ask
) -> tuple[AnyBlock, dict[str, object], BufferedMemory]:
    """A block, its arguments, and the memory among them."""
    block = find_block(what.block, what.version)
    arguments = block.load_inputs(inputs)
    memory = BufferedMemory(ask)
    if block.wants_context:
        lent = memory if block.is_async else Blocking(memory)
        arguments["ctx"] = LentContext(what.errand, say, lent)
    return block, arguments, memory
