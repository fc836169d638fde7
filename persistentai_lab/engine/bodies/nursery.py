"""A process that has imported already, and forks a child for every call (a zygote).

It runs under the interpreter that the code is for, loads a person's text once, and then does
nothing but fork. It starts no thread: what is forked has one. The worker speaks to it over a wire
that it finds as standard input, and to each of its children over one of the child's own.
"""

import gc
import io
import os
import re
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module, metadata
from typing import NoReturn

from ...errors import BlockUnavailable, NodeError
from .child import LIBRARIES, Failure, answer, load
from .wire import ChildWire, Header, NoFrame

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_POOLS = re.compile(r"polars-\d|tokio|rayon")
"""Threads that a fork does not have, and libraries wait for without end."""


class PackageDiffers(BlockUnavailable):
    """The packages that a person's code was written with are not those it would run with."""

    code = "package_differs"


def serve() -> NoReturn:
    """Be a nursery until the worker hangs up."""
    line = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    _print_at_once()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker
    _Nursery(ChildWire(line)).serve()


class _Nursery:
    """Its loop, and the forks it has."""

    def __init__(self, wire: ChildWire) -> None:
        self._wire = wire
        self._forks: dict[int, int] = {}
        """Numbers of calls by process."""
        self._nested: set[int] = set()
        """Those among them that are nurseries themselves."""
        self._text: Header | None = None
        self._kept: set[int] = set()
        """Processes that the text itself has started, not a body of it."""
        self._die_with = _parent_watch()
        _adopt_orphans()
        self._die_with(signal.SIGKILL)
        self._woken, waking = os.pipe()
        for end in (self._woken, waking):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        self._waking = waking
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> NoReturn:
        """Do what is asked."""
        self._wire.send({"ready": True})
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        self._die_with(signal.SIGTERM)  # so that the forks' own processes end, too
        try:
            while True:
                ready, _, _ = select.select([self._wire.fileno(), self._woken], [], [])
                if self._woken in ready:
                    with suppress(BlockingIOError):
                        os.read(self._woken, 4096)
                    self._reap()
                if self._wire.fileno() in ready:
                    self._do(*self._wire.receive())
        except (NoFrame, OSError):
            self._end()

    def _do(self, asked: Header, _: memoryview, files: list[int]) -> None:
        match asked:
            case {"load": {} as text}:
                self._wire.send(self._load(text))
                self._kept = _children() - self._forks.keys()
            case {"import": [*names]}:
                _import(names)
                self._wire.send({"imported": True})
            case {"call": int(number)}:
                self._fork(number, files)
            case {"kill": int(number)}:
                for pid, call in self._forks.items():
                    if call == number:
                        _kill_group(pid)
            case {"nest": int(number)}:
                self._nest(number, files)
        for file in files:
            os.close(file)

    def _load(self, text: Header) -> Header:
        """Run a person's text, so that the forks have it. What goes wrong is said by name."""
        self._die_with(signal.SIGKILL)  # a text may hang where no handler is run
        sys.path[:] = text["path"]
        try:
            _check_packages(text["packages"])
            load(text)
        except NodeError as error:
            return {"failure": asdict(Failure.of(error, text["module"]))}
        finally:
            self._die_with(signal.SIGTERM)
        self._text = text
        _settle()
        return {"loaded": True, "has_pools": _has_pools()}

    def _fork(self, number: int, files: list[int]) -> None:
        """Have a child answer one call; `files`: its wire, and where what it prints goes."""
        parent = os.getpid()
        if (pid := self._try_to_fork(number)) is None:
            return
        if pid:
            self._forks[pid] = number
            return
        status = 1
        try:
            self._become_a_child(parent)
            line, printed = files
            for stream in (1, 2):
                os.dup2(printed, stream)
            os.close(printed)
            answer(ChildWire(socket.socket(fileno=line)), self._text, _flush)
            status = 0
        except NoFrame:
            pass  # the worker is gone, or no longer wants to know
        except BaseException:  # noqa: BLE001 - a fork must not go on as a nursery; the log tells
            traceback.print_exc()
        finally:
            os._exit(status)

    def _try_to_fork(self, number: int) -> int | None:
        """As `os.fork`; None where no process is to be had, which the worker is told."""
        try:
            pid = os.fork()
        except OSError as error:
            self._wire.send({"refused": number, "why": str(error)})
            return None
        if pid:  # by both, for neither knows who comes first
            with suppress(OSError):
                os.setpgid(pid, pid)
        return pid

    def _nest(self, number: int, files: list[int]) -> None:
        """Fork another nursery, which has all that this one has imported."""
        parent = os.getpid()
        if (pid := self._try_to_fork(number)) is None:
            return
        if pid:
            self._forks[pid] = number
            self._nested.add(pid)
            return
        try:
            self._become_a_child(parent)
            _Nursery(ChildWire(socket.socket(fileno=files[0]))).serve()
        finally:
            os._exit(1)

    def _become_a_child(self, parent: int) -> None:
        self._die_with(signal.SIGKILL)
        _adopt_orphans()  # what leaves the group stays below the body that started it
        if os.getppid() != parent:
            os._exit(1)
        with suppress(OSError):
            os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._wire.close()
        os.close(self._woken)
        os.close(self._waking)
        if "numpy" in sys.modules:  # every fork begins with the same numbers otherwise
            import numpy as np

            np.random.seed()

    def _reap(self) -> None:
        some_ended = False
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if not pid:
                break
            some_ended = True
            number = self._forks.pop(pid, 0)
            self._nested.discard(pid)
            _kill_group(pid)  # what the body has started goes with it
            if number:
                code = os.waitstatus_to_exitcode(status)
                how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
                self._wire.send({"ended": number, "status": how})
        if some_ended:
            self._end_orphans()

    def _end_orphans(self) -> None:
        """End what a body had started in a session of its own: it came to us when the body ended.

        What such a process had started comes next, when it has ended in its turn.
        """
        for pid in _children() - self._forks.keys() - self._kept:
            _kill_group(pid)
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def _end(self) -> NoReturn:
        for pid in self._forks:
            if pid in self._nested:  # which has forks of its own to end
                with suppress(OSError):
                    os.kill(pid, signal.SIGTERM)
            else:
                _kill_group(pid)
                with suppress(OSError):
                    os.waitpid(pid, 0)
        self._end_orphans()
        os._exit(0)


def _parent_watch() -> Callable[[int], None]:
    """Has the kernel send a signal when the parent dies, also by `kill -9` (Linux)."""
    if sys.platform != "linux":
        return lambda _: None
    import ctypes

    libc = ctypes.CDLL(None)
    return lambda number: libc.prctl(_PR_SET_PDEATHSIG, int(number))


def _adopt_orphans() -> None:
    """Be the parent of whatever is left alone below us (Linux).

    Only where we can see it then. In a sandbox we can't: there the jail adopts.
    """
    try:
        open(f"/proc/self/task/{threading.get_native_id()}/children").close()
    except OSError:
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _children() -> set[int]:
    """Our children, as far as the system tells."""
    found: set[int] = set()
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children") as listed:
                found.update(map(int, listed.read().split()))
    return found


def _kill_group(pid: int) -> None:
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _check_packages(packages: dict[str, str]) -> None:
    for name, version in packages.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            raise PackageDiffers(
                f"The package {name!r} ({version}) is not installed where this would run.",
                remedy=f"{sys.executable} -m pip install {name}=={version}",
            ) from None
        if found != version:
            raise PackageDiffers(
                f"This was written with {name} {version}, and would run with {found}.",
                remedy="Restart the kernel, so that it sees what is installed, and run it again.",
            )


def _import(names: list[str]) -> None:
    """What a fork has imported: the next ones find it here."""
    for name in names:
        if name.partition(".")[0] in LIBRARIES and name not in sys.modules:
            # What a fork could import may fail in another order; then the forks do it, as before.
            with suppress(Exception):
                import_module(name)
    _settle()


def _settle() -> None:
    """Nothing of what is here by now is garbage: collecting would only unshare its memory."""
    gc.collect()
    gc.freeze()


def _has_pools() -> bool:
    """Whether the text has started threads that forks would lack."""
    if threading.active_count() > 1:
        return True
    try:
        tasks = os.listdir("/proc/self/task")
        return any(_POOLS.match(_name_of(task)) for task in tasks)
    except OSError:  # no Linux, or a sandbox
        return False


def _name_of(task: str) -> str:
    with open(f"/proc/self/task/{task}/comm") as stream:
        return stream.read()


def _print_at_once() -> None:
    """As `python -u` does: no buffer of ours comes between what a body and its programs say."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(number, "wb", closefd=False)
        text = io.TextIOWrapper(
            raw, encoding="utf-8", errors="backslashreplace", write_through=True
        )
        setattr(sys, name, text)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
