"""A process that has imported what workers and gateways are made of, and forks instead of them.

To start a Python and import costs a second of CPU, a fork some milliseconds. `tests/forking.py`
starts it and says what to become, over a socket that is its standard input. It has one thread, no
loop and no connection, so that what is forked begins like a program that was started.
"""

import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module

from persistentai_lab.blocks.registry import builtin_registry

PRELOADED = (
    "persistentai_lab.cli.main",
    "persistentai_lab.engine.bodies.nursery",
    "persistentai_lab.engine.worker",
    "persistentai_lab.gateway.serve",
)
ORDER_MAX = 1 << 17
FILES = 4
"""Standard input, output and error, and where to tell the pid and how it ended."""
_PR_SET_PDEATHSIG = 1
_PYTHONS_OWN = sys.path[1:]
"""Without the repository, which is all that is named to it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a fork is to become: `python -m module argument …`, or `python script.py argument …`."""

    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    folder: str

    def play(self) -> None:
        """Be it. What it raises is raised, so that Python ends as it would have ended."""
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        time.tzset()
        named = filter(None, self.environment.get("PYTHONPATH", "").split(os.pathsep))
        sys.path[:] = dict.fromkeys([self.folder, *named, *_PYTHONS_OWN])
        sys.argv[:] = [self.module, *self.arguments]
        if self.module.endswith(".py"):
            runpy.run_path(self.module, run_name="__main__")
        else:
            runpy.run_module(self.module, run_name="__main__", alter_sys=True)


def preload() -> None:
    """Import, and keep nothing that depends on where or for whom a fork will work."""
    for module in PRELOADED:
        import_module(module)
    builtin_registry.__wrapped__()
    assert len(os.listdir("/proc/self/task")) == 1, "a fork has none of the other threads"
    gc.freeze()  # or the first collection of each fork copies all of it


def fork_on_demand(orders: socket.socket) -> Part:
    """Fork for each order; returns in the forks only. Ends when nobody can order any more."""
    poll = select.poll()
    poll.register(orders, select.POLLIN)
    forks: dict[int, tuple[int, int]] = {}
    while True:
        for ready, _ in poll.poll():
            if ready in forks:
                poll.unregister(ready)
                _bury(ready, *forks.pop(ready))
                continue
            order, files, _, _ = socket.recv_fds(orders, ORDER_MAX, FILES)
            if not order:
                os._exit(0)  # which kills the forks
            pid = os.fork()
            if not pid:
                _begin_anew(files)
                return Part(**json.loads(order))
            *streams, told = files
            for stream in streams:
                os.close(stream)
            _tell(told, pid)
            alive = os.pidfd_open(pid)
            forks[alive] = pid, told
            poll.register(alive, select.POLLIN)


def _begin_anew(files: Sequence[int]) -> None:
    """A session of its own, and no files but the three."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _bury(alive: int, pid: int, told: int) -> None:
    _, status = os.waitpid(pid, 0)
    _tell(told, os.waitstatus_to_exitcode(status))
    os.close(told)
    os.close(alive)


def _tell(whom: int, number: int) -> None:
    with suppress(BrokenPipeError):  # nobody wants to know any more
        os.write(whom, f"{number}\n".encode())


if __name__ == "__main__":
    preload()
    fork_on_demand(socket.socket(fileno=os.dup(0))).play()
