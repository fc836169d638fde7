"""A rival is a process: told on a line of stdin what to run, it says on a line what that took.

Stands on the standard library alone, because each rival runs in an environment of its own.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

Work = Callable[[], Awaitable[object]]
Measure = Callable[[], float]


async def serve(
    cases: Mapping[str, Work], cpu_s: Measure = time.process_time, **more: Measure
) -> None:
    """Run cases as told, so many at once. `cpu_s` says what was spent so far; `more` of it."""
    loop = asyncio.get_running_loop()
    say({"ready": sorted(cases)})
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        told = json.loads(line)
        work = cases[told["case"]]
        cpu, began = cpu_s(), time.perf_counter()
        await asyncio.gather(*(work() for _ in range(told["at_once"])))
        took = time.perf_counter() - began
        found = {"wall_ms": took * 1e3, "cpu_ms": (cpu_s() - cpu) * 1e3}
        say(found | {name: measure() for name, measure in more.items()})


def say(fact: object) -> None:
    print(json.dumps(fact), flush=True)


class Threads:
    """For rivals that block: each run has a thread, and what it needs for as long as it runs."""

    def __init__(self, at_once: int) -> None:
        self._pool = ThreadPoolExecutor(at_once)

    def work(self, function: Callable[[], object]) -> Work:
        async def run() -> None:
            await asyncio.get_running_loop().run_in_executor(self._pool, function)

        return run
