"""Starts our own programs as forks of a zygote, with what tests want of a `subprocess.Popen`."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Protocol

REPOSITORY = Path(__file__).parent.parent
CLI = "persistentai_lab.cli"
"""What `python -m` makes of it is the command `persistentai`."""
LONGEST_S = 200
"""For what hangs, not a measurement."""


class Started(Protocol):
    """What is common to a fork and to a program that was really started."""

    @property
    def pid(self) -> int:
        """Of the process."""

    def poll(self) -> int | None:
        """Its exit code once it has ended; negative is the signal that killed it."""

    def wait(self, timeout: float | None = None) -> int:
        """The same, waiting. Raises `subprocess.TimeoutExpired`."""

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless it has ended."""

    def terminate(self) -> None:
        """Tell it to end."""

    def kill(self) -> None:
        """End it."""


class Forked:
    """A process that the zygote forked. The zygote tells its pid, and later its exit code."""

    def __init__(self, name: str, told: int) -> None:
        self._name = name
        self._told = told
        self._ended: int | None = None
        self.pid = self._hear()

    def poll(self) -> int | None:
        """Its exit code, or nothing while it lives."""
        if self._ended is None and self._has_been_told(0):
            self._ended = self._hear()
            os.close(self._told)
        return self._ended

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended."""
        if self._ended is None and not self._has_been_told(timeout):
            raise subprocess.TimeoutExpired(self._name, timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ended at this moment
                os.kill(self.pid, sig)

    def terminate(self) -> None:
        """Tell it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _has_been_told(self, timeout: float | None) -> bool:
        poll = select.poll()
        poll.register(self._told, select.POLLIN)
        return bool(poll.poll(None if timeout is None else timeout * 1000))

    def _hear(self) -> int:
        text = b""
        while not text.endswith(b"\n"):
            text += (letter := os.read(self._told, 1))
            assert letter, "the zygote has died"
        return int(text)


def fork(
    module: str,
    *arguments: str,
    environment: Mapping[str, str],
    folder: Path,
    output: IO[Any],
    errors: IO[Any] | None = None,
) -> Forked:
    """Be `python -m module argument …`, in a session of its own, for as long as we live.

    A `module` that ends in `.py` is a script: `python module argument …`. Errors are told where
    the rest is, if no other place is given.
    """
    order = {
        "module": module,
        "arguments": arguments,
        "environment": dict(environment),
        "folder": str(folder),
    }
    ours, theirs = os.pipe()
    with open(os.devnull) as nothing:
        files = [nothing.fileno(), output.fileno(), (errors or output).fileno(), theirs]
        socket.send_fds(_zygote().orders, [json.dumps(order).encode()], files)
    os.close(theirs)
    return Forked(module, ours)


def run(
    module: str, *arguments: str, environment: Mapping[str, str], folder: Path
) -> "subprocess.CompletedProcess[str]":
    """The same to its end, as `subprocess.run` would tell it: without the second of a start."""
    with TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        process = fork(
            module, *arguments,
            environment=environment, folder=folder, output=output, errors=errors,
        )  # fmt: skip
        code = process.wait(LONGEST_S)
        output.seek(0), errors.seek(0)
        return subprocess.CompletedProcess(module, code, output.read(), errors.read())


def until_it_waits(pid: int) -> None:
    """Wait until a process has come to where it waits: it is asleep, and stays so for a moment."""
    looks = 0
    deadline = time.monotonic() + LONGEST_S
    while looks < 10:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        looks = looks + 1 if state == "S" else 0
        assert time.monotonic() < deadline, f"process {pid} never waits"
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class _Zygote:
    process: "subprocess.Popen[bytes]"
    orders: socket.socket
    """It ends once this is closed."""


@cache
def _zygote() -> _Zygote:
    """The one of this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.zygote"],
            stdin=theirs,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            start_new_session=True,  # Ctrl-C is for us
        )
    return _Zygote(process, ours)
