"""What processes spend, to the nanosecond: the kernel's own clock of each process."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def cpu_ms(pid: int) -> float:
    """CPU milliseconds of a process so far, all of its threads, the ended ones too."""
    return time.clock_gettime((~pid << 3) | 2) * 1e3


def children(pid: int) -> list[int]:
    """Pids of the processes that a process started and that live."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def family_cpu_ms(pids: Iterable[int]) -> float:
    """CPU milliseconds of processes and their children that live."""
    spent = 0.0
    for pid in pids:
        spent += cpu_ms(pid)
        for child in children(pid):
            with suppress(OSError):  # it ended just now
                spent += cpu_ms(child)
    return spent


def load() -> str:
    """The machine's load, and how many cores bear it."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
