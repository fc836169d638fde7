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
from contextlib import suppress
from typing import Any

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
SWEEP_EVERY_S = 1.0


def main(asked: dict[str, Any]) -> None:
    """Run the command until it ends, or until whoever started this does."""
    sys.path[:] = asked["path"]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)  # what a command forks off comes back to us
    if os.getppid() != asked["parent"]:
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (asked["max_file"], asked["max_file"]))
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
        max_memory=asked["max_memory"],
        max_processes=asked["max_processes"],
        max_open_files=1024,
        no_coredump=True,
        clean_env=True,
        env={
            "HOME": scratch,
            "TMPDIR": scratch,
            "LANG": "C.UTF-8",
            # The sandbox counts what is reserved, and Arrow's own pool reserves a gigabyte.
            "ARROW_DEFAULT_MEMORY_POOL": "system",
        },
        cwd=scratch,
    )
    nothing, inherited = StdioMode.NULL, StdioMode.INHERIT
    process = sandbox.popen(asked["command"], stdin=inherited, stdout=nothing, stderr=nothing)
    first = process.pid
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)  # or the other end would never see it closed
    ended = threading.Event()

    def wait() -> None:
        process.wait()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    while not ended.is_set():
        if signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, SWEEP_EVERY_S) is not None:
            break
        _kill(child for child in _children() if child != first)
    with suppress(OSError, RuntimeError):
        process.kill()
    while left := _children():
        _kill(left)
        ended.wait(0.01)


def _children() -> list[int]:
    """Ours, and what became ours when its own parent ended."""
    found: list[int] = []
    for task in os.listdir("/proc/self/task"):
        with suppress(OSError), open(f"/proc/self/task/{task}/children") as stream:
            found += map(int, stream.read().split())
    return found


def _kill(processes: "Any") -> None:
    for pid in processes:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, os.WNOHANG)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
