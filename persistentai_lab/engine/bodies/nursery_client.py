"""The worker's end of a nursery: starts it, has it fork for each call, and ends it.

Its other end is `nursery`, in a process of its own.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count
from typing import Self

from ...errors import BlockUnavailable
from ...memory.layer import Ask
from ...security.sandbox import Sandbox
from . import boot
from .boot import GONE_WITHIN_S, PythonMissing
from .child import Failure, Reply
from .context import Say
from .conversation import Call, Draft, converse
from .died import ChildDied, NotBegun, nothing_done_yet
from .kinds import Kind
from .printed import Printed
from .wire import Header, HungUp, NoFrame, Wire

LOADING_MAX_S = 120.0
STUCK_AFTER_S = 10.0
"""When a nursery that doesn't say that a fork has ended, though it was to kill it, is given up."""
KNOWN_MAX = 1_000
"""Modules that a nursery is told to import at most."""


class Nursery:
    """A process that forks, and the calls that its forks answer."""

    def __init__(self, wire: Wire, let_go: Callable[[], None]) -> None:
        self._wire = wire
        self._let_go = let_go
        self._numbers = count(1)
        self._running: dict[int, asyncio.Future[str]] = {}
        """Each fork by its number, and how it ended once it has."""
        self._refused: set[int] = set()
        self._known: set[str] = set()
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Future[Header] = self._loop.create_future()
        self._killing: set[asyncio.Task[None]] = set()
        self._imports = 0
        """How often it was told to import, and has not said yet that it has."""
        self._deaf_until = 0.0
        """While it imports it neither forks nor hears of ends, and that is no sign of anything."""
        self._listening = asyncio.create_task(self._listen(), name="nursery")
        self.is_over = False
        self.is_spent = False
        """It can fork no more: those that it has may go on. (A sandbox counts what was killed.)"""
        self.used_at = time.monotonic()

    @classmethod
    async def spawn(cls, kind: Kind, sandbox: Sandbox) -> Self:
        """Start one under the Python of a kind, walled in if that is its kind.

        Raises:
            ChildDied: It did not live to be one.
            PythonMissing: There is no such Python, or not with what it takes.
            SandboxUnavailable: There is no wall for what needs one.
        """
        if kind.walled_for is not None:
            await asyncio.to_thread(sandbox.check)
        with nothing_done_yet(), ExitStack() as undo:
            ours, theirs = socket.socketpair()
            undo.callback(ours.close)
            with theirs:
                process = boot.start(kind, theirs, sandbox)
            undo.callback(boot.end, process)
            wire = await Wire.over(ours)
            undo.pop_all()
        return await cls(wire, lambda: boot.end(process))._begun(kind)

    async def nest(self, kind: Kind) -> "Nursery":
        """Fork another one from this. Raises `ChildDied`."""
        number = next(self._numbers)
        with nothing_done_yet(), ExitStack() as undo:
            ours, theirs = socket.socketpair()
            undo.callback(ours.close)  # which ends it
            with theirs:
                self._running[number] = self._loop.create_future()
                undo.callback(self._kill_if_it_stays, number)
                await self._tell({"nest": number}, theirs.fileno())
            wire = await Wire.over(ours)
            undo.pop_all()
            nested = Nursery(wire, lambda: self._kill_if_it_stays(number))
            return await nested._begun(kind)

    async def load(self, kind: Kind) -> bool:
        """Have it load the text of its kind. False when its forks have to do that, each anew.

        Raises:
            ChildDied: It ended in the middle, or answered with what is no answer.
            NodeError: The text does not load, or asks for packages that are not there.
        """
        assert kind.text is not None
        said = await self._answer({"load": kind.text.header()}, kind)
        if "failure" not in said:
            return not said.get("has_pools")
        self.end()
        try:
            failure = Failure.read(said["failure"])
        except NoFrame as error:
            raise ChildDied(str(error)) from error
        raise failure.error()

    async def perform(self, call: Call, kind: Kind, say: Say, draft: Draft, ask: Ask) -> Reply:
        """Have a fork run a body. It is killed when this is cancelled.

        Raises:
            ChildDied: It ended in the middle.
            NotBegun: It could not be forked at all.
        """
        self.used_at = time.monotonic()
        fork = await self._fork(say)
        try:
            reply, names = await converse(fork.wire, call, kind, say, draft, ask)
            await self._learn(names)
        except NoFrame as error:
            self._kill(fork.number)
            how = (await fork.how() if isinstance(error, HungUp) else None) or str(error)
            raise (NotBegun if fork.number in self._refused else ChildDied)(how) from error
        except BaseException:  # also when this is cancelled: nobody waits for the fork any more
            self._kill(fork.number)
            raise
        else:
            self._kill_if_it_stays(fork.number)
            return reply
        finally:
            fork.hang_up()

    def end(self) -> None:
        """Have it end, and all its forks with it."""
        if self.is_over:
            return
        self.is_over = True
        self._listening.cancel()
        for killing in self._killing:
            killing.cancel()
        self._wire.close()
        if not self._said.done():
            self._fail(ChildDied("its nursery ended"))
        for ended in self._running.values():
            if not ended.done():
                ended.set_result("its nursery ended")
        self._running.clear()
        self._let_go()

    @property
    def is_fit(self) -> bool:
        """Whether it may be asked."""
        return not (self.is_over or self.is_spent)

    @property
    def is_busy(self) -> bool:
        """Whether one of its forks is at work."""
        return bool(self._running)

    async def _begun(self, kind: Kind) -> Self:
        said = await self._answer(None, kind)
        if "unfit" in said:
            self.end()
            raise PythonMissing(kind, str(said["unfit"])[:200])
        return self

    async def _answer(self, question: Header | None, kind: Kind) -> Header:
        try:
            async with asyncio.timeout(LOADING_MAX_S):
                if question is not None:
                    self._said = self._loop.create_future()
                    await self._tell(question)
                return await asyncio.shield(self._said)
        except TimeoutError:
            self.end()
            what = repr(kind.text.label) if kind.text else kind.executable
            raise BlockUnavailable(
                f"{what} took longer than {LOADING_MAX_S:g} s to load.",
                remedy="Do what takes long inside the function, not where it is defined.",
            ) from None
        except BaseException:  # also when this is cancelled: its answer would have no reader
            self.end()
            raise

    async def _fork(self, say: Say) -> "_Fork":
        """Have it fork for a call. Raises `NotBegun`."""
        number = next(self._numbers)
        with nothing_done_yet(), ExitStack() as undo, ExitStack() as handed_on:
            ours, theirs = socket.socketpair()
            undo.callback(ours.close)
            handed_on.callback(theirs.close)
            read, write = os.pipe()
            undo.callback(os.close, read)
            handed_on.callback(os.close, write)
            ended = self._running[number] = self._loop.create_future()
            undo.callback(self._kill, number)
            await self._tell({"call": number}, theirs.fileno(), write)
            wire = await Wire.over(ours)
            undo.pop_all()
            return _Fork(number, ended, wire, Printed(read, say.log))

    async def _learn(self, names: list[object]) -> None:
        """What one fork has imported, the next ones find imported."""
        new = {name for name in names if isinstance(name, str)} - self._known
        if new and len(self._known) < KNOWN_MAX:
            self._known |= new
            self._imports += 1
            self._deaf_until = self._loop.time() + LOADING_MAX_S
            with suppress(ChildDied):
                await self._tell({"import": sorted(new)})

    def _has_imported(self) -> None:
        self._imports -= 1
        if self._imports <= 0:
            self._deaf_until = self._loop.time() + STUCK_AFTER_S

    async def _tell(self, what: Header, *files: int) -> None:
        """A frame is sent whole, also by somebody who is cancelled meanwhile."""
        sending = asyncio.ensure_future(self._wire.send(what, files=files))
        try:
            await asyncio.shield(sending)
        except NoFrame as error:
            self.end()
            raise ChildDied(str(error)) from error
        except asyncio.CancelledError:
            try:
                await asyncio.wait([sending], timeout=GONE_WITHIN_S)
            finally:
                if not sending.done():  # half a frame: nothing after it could be understood
                    sending.cancel()
                    self.end()
            raise

    async def _listen(self) -> None:
        try:
            while True:
                said, _ = await self._wire.receive(parts_max=0)
                match said:
                    case {"ended": int(number), "status": str(how)}:
                        self._has_ended(number, how)
                    case {"refused": int(number), "why": str(why)}:
                        self.is_spent = True
                        self._refused.add(number)
                        self._has_ended(number, why)
                    case {"imported": True}:
                        self._has_imported()
                    case _ if self._said.done():
                        raise NoFrame("it speaks without being asked")
                    case _:
                        self._said.set_result(said)
        except NoFrame as error:
            if not self._said.done():
                self._fail(ChildDied(str(error)))
            self.end()

    def _fail(self, error: ChildDied) -> None:
        self._said.set_exception(error)
        self._said.exception()  # it may be that nobody waits

    def _has_ended(self, number: int, how: str) -> None:
        ended = self._running.pop(number, None)
        if ended is not None and not ended.done():
            ended.set_result(how[:200])
        if self.is_spent and not self._running:
            self.end()

    def _kill(self, number: int) -> None:
        if self.is_over or number not in self._running:
            return
        killing = self._loop.create_task(self._wire.send({"kill": number}))
        self._killing.add(killing)
        killing.add_done_callback(self._has_told)
        self._loop.call_later(STUCK_AFTER_S, self._end_if_it_stays, number)

    def _has_told(self, killing: "asyncio.Task[None]") -> None:
        self._killing.discard(killing)
        if not killing.cancelled():
            killing.exception()  # nobody there to be told: then nothing is there to be killed

    def _kill_if_it_stays(self, number: int) -> None:
        if number in self._running:
            self._loop.call_later(GONE_WITHIN_S, self._kill, number)

    def _end_if_it_stays(self, number: int) -> None:
        """It is stuck, and its other forks end with it: so not before that is quite sure."""
        if number not in self._running:
            return
        if self._loop.time() < self._deaf_until:
            self._loop.call_later(STUCK_AFTER_S, self._end_if_it_stays, number)
        else:
            self.end()


@dataclass(slots=True)
class _Fork:
    """One fork, seen from here."""

    number: int
    ended: "asyncio.Future[str]"
    wire: Wire
    printed: Printed

    async def how(self) -> str | None:
        """How it ended, which its nursery says a moment after the wire is closed."""
        try:
            async with asyncio.timeout(GONE_WITHIN_S):
                return await asyncio.shield(self.ended)
        except TimeoutError:
            return None

    def hang_up(self) -> None:
        """Hear what it has printed, and no more."""
        self.printed.close()
        self.wire.close()
