"""Runs one command in a sandbox: a program of its own, started by `security.sandbox`.

    python -I jail.py '{"command": […], "readable": […], …}'

It stands between the worker and the sandbox so that neither can take the other along: the worker
keeps no thread of the sandbox's supervisor, and whatever leaves the command behind is ended here.
It imports nothing of this package. The command finds this program's standard input as its own.
"""

import ctypes
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
LOOK_EVERY_S = 0.25


def main(asked: dict[str, Any]) -> None:
    """Run the command until it ends, or until whoever started this does."""
    sys.path[:] = asked["path"]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)  # what a command forks off comes back to us
    if os.getppid() != asked["parent"]:
        return
    for what, most in (("FSIZE", asked["max_file"]), ("AS", asked["max_address_space"])):
        resource.setrlimit(getattr(resource, f"RLIMIT_{what}"), (most, most))
    scratch = os.path.realpath(tempfile.mkdtemp(prefix="pai-jail-"))
    try:
        _run(asked, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run(asked: dict[str, Any], scratch: str) -> None:
    from sandlock import Sandbox, StdioMode

    sandbox = Sandbox(
        fs_readable=asked["readable"],
        fs_writable=[scratch, "/dev/null"],
        extra_deny_syscalls=["memfd_create", "memfd_secret"],  # memory that no limit counts
        max_processes=asked["max_processes"],
        max_open_files=1024,
        no_coredump=True,
        clean_env=True,
        env={
            "HOME": scratch,
            "TMPDIR": scratch,
            "LANG": "C.UTF-8",
        },
        cwd=scratch,
    )
    nothing, inherited = StdioMode.NULL, StdioMode.INHERIT
    process = sandbox.popen(asked["command"], stdin=inherited, stdout=nothing, stderr=nothing)
    first = int(process.pid or 0)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)  # or the other end would never see it closed
    ended = threading.Event()

    def wait() -> None:
        process.wait()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    while not ended.is_set():
        if signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, LOOK_EVERY_S) is not None:
            break
        _kill(child for child in _children("self") if child != first)
        _kill(_too_much(first, asked["max_memory"]))
    with suppress(OSError, RuntimeError):
        process.kill()
    while left := _children("self"):
        _kill(left)
        ended.wait(0.01)


def _children(pid: int | str) -> list[int]:
    """Of a process; ours are also those whose own parent ended."""
    found: list[int] = []
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as stream:
                found += map(int, stream.read().split())
    return found


def _too_much(first: int, most: int) -> list[int]:
    """The largest process, when all of them together have more memory than they may.

    The kernel limits each by itself, at no cost. (The sandbox could count all of them exactly, but
    stops them at every allocation for it: 100 ms for a table of a million rows.)
    """
    shared = _memory(first)  # with all that it has forked
    sizes = {pid: max(0, _memory(pid) - shared) for pid in _descendants(first)}
    if shared + sum(sizes.values()) <= most:
        return []
    return [max(sizes, key=sizes.__getitem__, default=first)]


def _descendants(pid: int) -> list[int]:
    found = _children(pid)
    return [*found, *(further for child in found for further in _descendants(child))]


def _memory(pid: int) -> int:
    """Bytes that are a process's own, or shared with nobody knows whom."""
    with suppress(OSError), open(f"/proc/{pid}/status") as stream:
        kinds = ("RssAnon:", "RssShmem:")
        return 1024 * sum(int(line.split()[1]) for line in stream if line.startswith(kinds))
    return 0


def _kill(processes: Iterable[int]) -> None:
    for pid in processes:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, os.WNOHANG)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
