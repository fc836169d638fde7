"""The worker's side of its child processes: nurseries by kind, and one fork for each call.

A child that hangs or dies takes nothing with it. It is waited for before a body's time begins to
run: starting a Python and importing is not the body's doing.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import count
from threading import Thread
from typing import Self

from ..errors import BlockUnavailable, NodeError
from ..flow.payload import File, Payload
from ..security.sandbox import Sandbox, Sandlock, package_folder, readable_folders
from ..version import VERSION
from .child import LINE_MAX, Failure, Reply
from .context import Errand, Say
from .kinds import Kind
from .parcel import Parcel
from .printed import Printed
from .replies import read_reply
from .wire import Header, NoFrame, Wire

NURSERIES = 8
"""So many stay, the last used; each shares its memory with the one it was forked from."""
IDLE_S = 300.0
"""A nursery that nobody needed for so long is let go."""
LOADING_MAX_S = 120.0
WORDS_MAX = 100_000
"""What somebody else's code may say in one call before it is ended."""
GONE_WITHIN_S = 2.0
"""A fork that was told to end and is still there after this goes with its whole nursery."""

Draft = Callable[[], File | None]
"""Makes a file for a large output."""

_BOOT = """
import json, os, sys
sys.path[:] = {path!r}
if {folder!r}:
    from importlib import util
    spec = util.spec_from_file_location(
        "persistentai_lab", {folder!r} + "/__init__.py", submodule_search_locations=[{folder!r}]
    )
    sys.modules["persistentai_lab"] = lab = util.module_from_spec(spec)
    spec.loader.exec_module(lab)
def unfit(why):
    text = json.dumps({{"unfit": why}}).encode()
    os.write(0, len(text).to_bytes(4, "big") + bytes(8) + text)
    raise SystemExit
try:
    from persistentai_lab.version import VERSION as lab
except ImportError:
    unfit("has no persistentai_lab")
if lab != {lab!r}:
    unfit("has persistentai_lab " + lab)
try:
    from persistentai_lab.engine.nursery import serve
except ImportError as error:
    unfit("lacks " + str(error.name))
serve()
"""


class ChildDied(Exception):
    """The process ended before it answered."""


class NotBegun(ChildDied):
    """There was no process to begin with: nothing has been done."""


class PythonMissing(BlockUnavailable):
    """The Python that a person's code is for is not to be had here."""

    code = "python_missing"


@dataclass(frozen=True, slots=True)
class Call:
    """What a child is asked to do."""

    block: str
    version: int
    inputs: dict[str, Payload]
    errand: Errand
    outputs: tuple[str, ...] | None = None
    """The ports that it has to fill."""


class Nursery:
    """A process that forks, and the calls that its forks answer."""

    def __init__(self, wire: Wire, let_go: Callable[[], None]) -> None:
        self._wire = wire
        self._let_go = let_go
        self._numbers = count(1)
        self._running: dict[int, asyncio.Future[str]] = {}
        self._known: set[str] = set()
        self._said: asyncio.Future[Header] = asyncio.get_running_loop().create_future()
        self._listening = asyncio.create_task(self._listen(), name="nursery")
        self.is_over = False
        self.is_spent = False
        """It can fork no more: those that it has may go on. (A sandbox counts what was killed.)"""
        self._refused: set[int] = set()
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
        ours, theirs = _wire_ends()
        with theirs:
            try:
                process = _spawn(kind, theirs, sandbox)
            except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
                ours.close()
                raise _no_python(kind, "is not there") from error
            except OSError as error:  # too many processes or open files, too little memory
                ours.close()
                raise ChildDied(str(error)) from error
        nursery = cls(await Wire.over(ours), lambda: _end(process))
        return await nursery._begun(kind)

    async def nest(self, kind: Kind) -> "Nursery":
        """Fork another one from this. Raises `ChildDied`."""
        number = next(self._numbers)
        ours, theirs = _wire_ends()
        with theirs:
            await self._tell({"nest": number}, theirs.fileno())
        self._running[number] = asyncio.get_running_loop().create_future()
        nursery = Nursery(await Wire.over(ours), lambda: self._kill_if_it_stays(number))
        return await nursery._begun(kind)

    async def load(self, kind: Kind) -> bool:
        """Have it load the text of its kind. False when its forks have to do that, each anew.

        Raises:
            ChildDied: It ended in the middle.
            NodeError: The text does not load, or asks for packages that are not there.
        """
        assert kind.text is not None
        said = await self._answer({"load": kind.text.header()}, kind)
        if "failure" in said:
            raise Failure.read(said["failure"]).error()
        return not said.get("has_pools")

    async def perform(self, call: Call, kind: Kind, say: Say, draft: Draft) -> Reply:
        """Have a fork run a body. It is killed when this is cancelled. Raises `ChildDied`."""
        number = next(self._numbers)
        self.used_at = time.monotonic()
        ended = self._running[number] = asyncio.get_running_loop().create_future()
        try:
            wire, printed = await self._fork(number, say)
        except BaseException:
            self._kill(number)
            raise
        try:
            reply = await self._converse(wire, call, kind, draft, say)
        except NoFrame as error:
            self._kill(number)
            how = await _how(ended, error)
            raise (NotBegun if number in self._refused else ChildDied)(how) from error
        except BaseException:
            self._kill(number)
            raise
        else:
            self._kill_if_it_stays(number)
            return reply
        finally:
            printed.close()
            wire.close()

    def end(self) -> None:
        """Have it end, and all its forks with it."""
        if self.is_over:
            return
        self.is_over = True
        self._listening.cancel()
        self._wire.close()
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
            raise _no_python(kind, str(said["unfit"])[:200])
        return self

    async def _answer(self, question: Header | None, kind: Kind) -> Header:
        try:
            async with asyncio.timeout(LOADING_MAX_S):
                if question is not None:
                    self._said = asyncio.get_running_loop().create_future()
                    await self._tell(question)
                return await asyncio.shield(self._said)
        except TimeoutError:
            self.end()
            what = repr(kind.text.label) if kind.text else kind.executable
            raise BlockUnavailable(
                f"{what} took longer than {LOADING_MAX_S:g} s to load.",
                remedy="Do what takes long inside the function, not where it is defined.",
            ) from None
        except BaseException:
            self.end()
            raise

    async def _fork(self, number: int, say: Say) -> tuple[Wire, Printed]:
        ours, theirs = _wire_ends()
        read, write = os.pipe()
        try:
            await self._tell({"call": number}, theirs.fileno(), write)
        except BaseException:
            ours.close()
            os.close(read)
            raise
        finally:
            theirs.close()
            os.close(write)
        return await Wire.over(ours), Printed(read, say.log)

    async def _converse(self, wire: Wire, call: Call, kind: Kind, draft: Draft, say: Say) -> Reply:
        drafts = [file for _ in call.outputs or () if (file := draft()) is not None]
        words_left = WORDS_MAX if kind.walled_for is not None else None
        parcel = Parcel.of(call.inputs)
        asked: Header = {
            "block": call.block,
            "version": call.version,
            "text": kind.text.header() if kind.text and not kind.shares_text else None,
            "errand": asdict(call.errand),
            "inputs": parcel.entries,
            "drafts": len(drafts),
        }
        files = [*parcel.files, *(file.fileno() for file in drafts)]
        await wire.send(asked, parcel.parts, files)
        while True:
            said, parts = await wire.receive()
            if words_left is not None:
                words_left -= 1
                if not words_left:
                    raise NoFrame("it says too much")
            match said:
                case {"log": [str(level), str(message)]}:
                    say.log(level, message[: LINE_MAX + 1])
                case {"progress": [int() | float() as done, int() | float() | None as total]}:
                    say.progress(done, total)
                case {"reply": {} as reply, "imported": [*names]}:
                    await self._learn(names)
                    what = reply, parts, drafts, call.outputs, call.errand.path
                    if kind.walled_for is None:
                        return read_reply(*what)
                    return await asyncio.to_thread(read_reply, *what, copy_to=draft)
                case _:
                    raise NoFrame("something else than a word or a reply")

    async def _learn(self, names: list[object]) -> None:
        """What one fork has imported, the next ones find imported."""
        new = {name for name in names if isinstance(name, str)} - self._known
        if new and len(self._known) < 1_000:
            self._known |= new
            with suppress(ChildDied):
                await self._tell({"import": sorted(new)})

    async def _tell(self, what: Header, *files: int) -> None:
        """A frame is sent whole, also by somebody who is cancelled meanwhile."""
        sending = asyncio.ensure_future(self._wire.send(what, files=files))
        try:
            await asyncio.shield(sending)
        except NoFrame as error:
            raise ChildDied(str(error)) from error
        except asyncio.CancelledError:
            await asyncio.wait([sending], timeout=GONE_WITHIN_S)
            raise

    async def _listen(self) -> None:
        try:
            while True:
                said, _ = await self._wire.receive()
                match said:
                    case {"ended": int(number), "status": str(how)}:
                        self._has_ended(number, how)
                    case {"refused": int(number), "why": str(why)}:
                        self.is_spent = True
                        self._refused.add(number)
                        self._has_ended(number, why)
                    case _ if self._said.done():
                        raise NoFrame("it speaks without being asked")
                    case _:
                        self._said.set_result(said)
        except NoFrame as error:
            if not self._said.done():
                self._said.set_exception(ChildDied(str(error)))
                self._said.exception()  # it may be that nobody waits
            self.end()

    def _has_ended(self, number: int, how: str) -> None:
        ended = self._running.pop(number, None)
        if ended is not None and not ended.done():
            ended.set_result(how[:200])
        if self.is_spent and not self._running:
            self.end()

    def _kill(self, number: int) -> None:
        if self.is_over or number not in self._running:
            return
        telling = asyncio.ensure_future(self._wire.send({"kill": number}))
        telling.add_done_callback(lambda done: done.cancelled() or done.exception())
        asyncio.get_running_loop().call_later(GONE_WITHIN_S, self._end_if_it_stays, number)

    def _kill_if_it_stays(self, number: int) -> None:
        if number in self._running:
            asyncio.get_running_loop().call_later(GONE_WITHIN_S, self._kill, number)

    def _end_if_it_stays(self, number: int) -> None:
        if number in self._running:
            self.end()


class Children:
    """Runs calls in children, so many at once as there are places."""

    def __init__(self, most: int, draft: Draft, sandbox: Sandbox | None = None) -> None:
        self._places = asyncio.Semaphore(most)
        self._draft = draft
        self._sandbox = sandbox or Sandlock()
        self._nurseries: OrderedDict[Kind, asyncio.Task[Nursery]] = OrderedDict()
        self._loads_itself: set[Kind] = set()

    async def perform(self, call: Call, kind: Kind, say: Say, *, timeout_s: float | None) -> Reply:
        """Have a body run. A child whose body is cancelled or too slow is killed.

        Raises:
            ChildDied: The process ended in the middle.
            NodeError: There can be no such process: a package is missing, the text does not load.
            TimeoutError: The body took longer than `timeout_s`.
        """
        async with self._places:
            try:
                return await self._perform(call, kind, say, timeout_s)
            except NotBegun:
                return await self._perform(call, kind, say, timeout_s)  # in another nursery

    async def warm(self) -> None:
        """Have a nursery ready."""
        await self._nursery(Kind.ours())

    def close(self) -> None:
        """Let go of all nurseries; with them their forks end."""
        for starting in self._nurseries.values():
            _let_go(starting)
        self._nurseries.clear()

    async def _perform(self, call: Call, kind: Kind, say: Say, timeout_s: float | None) -> Reply:
        if kind in self._loads_itself:
            kind = replace(kind, shares_text=False)
        nursery = await self._nursery(kind)
        if kind in self._loads_itself:  # known by now
            kind = replace(kind, shares_text=False)
        async with asyncio.timeout(timeout_s):
            return await nursery.perform(call, kind, say, self._draft)

    async def _nursery(self, kind: Kind) -> Nursery:
        starting = self._nurseries.get(kind)
        if starting is None or (_is_started(starting) and not starting.result().is_fit):
            starting = asyncio.create_task(self._start(kind), name="nursery starts")
            starting.add_done_callback(lambda done: self._forget_if_failed(kind, done))
            self._nurseries[kind] = starting
        self._nurseries.move_to_end(kind)
        self._let_go_of_some(kind)
        return await asyncio.shield(starting)

    async def _start(self, kind: Kind) -> Nursery:
        base = replace(kind, text=None, shares_text=True)
        if kind.is_nested and kind != Kind.ours():
            base_nursery = await self._nursery(Kind.ours())
            nursery = await base_nursery.nest(kind)
        else:
            nursery = await Nursery.spawn(base, self._sandbox)
        if kind.text is None or not kind.shares_text:
            return nursery
        try:
            shares = await nursery.load(kind)
        except BaseException:
            nursery.end()
            raise
        if not shares:
            nursery.end()
            self._loads_itself.add(kind)
            return await self._nursery(replace(kind, shares_text=False))
        return nursery

    def _forget_if_failed(self, kind: Kind, starting: "asyncio.Task[Nursery]") -> None:
        failed = starting.cancelled() or starting.exception() is not None
        if failed and self._nurseries.get(kind) is starting:
            del self._nurseries[kind]

    def _let_go_of_some(self, but: Kind) -> None:
        now, ours = time.monotonic(), Kind.ours()
        for kind, starting in list(self._nurseries.items()):
            if kind in (but, ours) or not _is_started(starting):
                continue
            nursery = starting.result()
            is_one_too_many = len(self._nurseries) > NURSERIES
            is_idle = nursery.used_at < now - IDLE_S
            if nursery.is_over or (not nursery.is_busy and (is_one_too_many or is_idle)):
                del self._nurseries[kind]
                nursery.end()


def _is_started(starting: "asyncio.Task[Nursery]") -> bool:
    return starting.done() and not starting.cancelled() and starting.exception() is None


def _let_go(starting: "asyncio.Task[Nursery]") -> None:
    if _is_started(starting):
        starting.result().end()
    else:
        starting.cancel()


async def _how(ended: "asyncio.Future[str]", error: NoFrame) -> str:
    """How a fork ended, which its nursery says a moment after the wire is closed."""
    try:
        async with asyncio.timeout(GONE_WITHIN_S):
            return await asyncio.shield(ended)
    except TimeoutError:
        return str(error)


def _wire_ends() -> tuple[socket.socket, socket.socket]:
    try:
        return socket.socketpair()
    except OSError as error:  # too many open files
        raise ChildDied(str(error)) from error


def _spawn(kind: Kind, wire: socket.socket, sandbox: Sandbox) -> "subprocess.Popen[bytes]":
    """By the loop's own thread: the kernel tells a child when the thread that started it dies."""
    is_walled = kind.walled_for is not None
    folder = str(package_folder()) if is_walled else None
    code = _BOOT.format(path=list(kind.path), lab=VERSION, folder=folder)
    command = [kind.executable, "-c", code]
    return subprocess.Popen(
        sandbox.wrap(command, readable=readable_folders()) if is_walled else command,
        stdin=wire.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={} if is_walled else _environment(os.environ, kind),
    )


def _environment(ours: Mapping[str, str], kind: Kind) -> dict[str, str]:
    """Another Python must not look for its library where ours is."""
    own = kind.executable == sys.executable
    return {k: v for k, v in ours.items() if own or k not in ("PYTHONHOME", "PYTHONPATH")}


def _no_python(kind: Kind, why: str) -> NodeError:
    return PythonMissing(
        f"This was written for {kind.executable}, which {why} here (needed: {VERSION}).",
        remedy=f"Install persistentai-lab {VERSION} there, or run the notebook with a Python "
        "that this machine has.",
    )


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    # Whoever dies with much memory dies slowly: not while the loop waits.
    Thread(target=_wait, args=[process], daemon=True).start()


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(GONE_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
