"""What the operating system really knows about a process.

A pid alone lies: it may be a zombie (`kill -0` still succeeds) or, a reboot later, somebody else.
"""

import asyncio
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_POLL_S = 0.05
HAS_PROC = (_PROC / "self" / "stat").exists()


@dataclass(frozen=True, slots=True)
class Process:
    """One process, told apart from a later one with the same pid by when it started."""

    pid: int
    started: str
    """Opaque: boot and tick of the start. Equal only for the same process."""

    @classmethod
    def find(cls, pid: int) -> "Process | None":
        """The process that has this pid now, or None if it is dead (a zombie is dead)."""
        look = _look(pid)
        return cls(pid, look.started) if look else None

    def is_alive(self) -> bool:
        """Whether it is this very process that still lives."""
        return Process.find(self.pid) == self

    def is_stopped(self) -> bool:
        """Whether it was stopped by a signal (SIGSTOP) and lives on without moving."""
        look = _look(self.pid)
        return look is not None and look.started == self.started and look.state in "Tt"

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to this very process. False if it is gone."""
        if not self.is_alive():
            return False
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)
            return True
        return False

    def wait(self, timeout_s: float) -> bool:
        """Block until it is gone. False if it still lives after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(min(_POLL_S, timeout_s))
        return True

    async def gone(self) -> None:
        """Return as soon as it is gone: at once where the kernel offers pidfd, else by looking."""
        try:
            handle = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            await self._seen_gone()
            return
        try:
            if self.is_alive():  # asked after the handle was opened: now it can't become another
                await _readable(handle)
        finally:
            os.close(handle)

    async def _seen_gone(self) -> None:
        while self.is_alive():  # noqa: ASYNC110 (there is nobody to tell us)
            await asyncio.sleep(_POLL_S)


async def _readable(handle: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(handle, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(handle)


@dataclass(frozen=True, slots=True)
class _Look:
    state: str
    started: str


def _look(pid: int) -> _Look | None:
    if pid <= 0:
        return None
    look = _look_in_proc(pid) if HAS_PROC else _look_with_ps(pid)
    return None if look is None or look.state in "ZXx" else look


def _look_in_proc(pid: int) -> _Look | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return _Look(state=fields[0], started=f"{_boot()}:{fields[19]}")


def _look_with_ps(pid: int) -> _Look | None:
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    line = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    state, _, started = line.partition(" ")
    return _Look(state=state[0], started=started.strip()) if state else None


@cache
def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return "boot"


def working_in(folder: Path) -> list[Process]:
    """Living processes whose working directory is `folder` (all of Postgres's are). Linux only."""
    found = []
    for pid in _pids():
        try:
            place = os.readlink(_PROC / str(pid) / "cwd")
        except OSError:
            continue
        if place == str(folder) and (process := Process.find(pid)):
            found.append(process)
    return found


def sessions_with(variable: str, value: str) -> dict[Process, dict[str, str]]:
    """Living leaders of a session that were started with `variable=value`. Linux only.

    Returns:
        Each with the environment that it was started with.
    """
    started = _started_with(variable, value)
    return {process: found for process, found in started.items() if _leader(process) == process}


def strays_with(variable: str, value: str) -> list[Process]:
    """Living processes that were started with `variable=value` whose leader is dead. Linux only."""
    return [process for process in _started_with(variable, value) if _leader(process) is None]


def _started_with(variable: str, value: str) -> dict[Process, dict[str, str]]:
    found = {}
    for pid in _pids():
        try:
            environment = _environment(pid)
        except OSError:
            continue
        if environment.get(variable) == value and (process := Process.find(pid)):
            found[process] = environment
    return found


def _leader(process: Process) -> Process | None:
    try:
        return Process.find(os.getsid(process.pid))
    except ProcessLookupError:
        return None


def arguments(process: Process) -> tuple[str, ...]:
    """The command line of a process, or nothing if it is gone."""
    try:
        line = (_PROC / str(process.pid) / "cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(os.fsdecode(part) for part in line.split(b"\0")[:-1])


def _environment(pid: int) -> dict[str, str]:
    entries = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    pairs = (os.fsdecode(entry).partition("=") for entry in entries)
    return {name: value for name, _, value in pairs}


def _pids() -> list[int]:
    return [int(name) for name in os.listdir(_PROC) if name.isdigit()] if HAS_PROC else []
