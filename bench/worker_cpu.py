"""Where a worker spends its CPU: a real worker process under a profiler, asked from here.

    python bench/worker_cpu.py [--flow chain] [--runs 200] [--at-once 4] [--top 30] [--spy PY_SPY]

Prints CPU-ms a run of worker and asker, then the worker's loop thread by own time (cProfile on
the thread's CPU clock; it inflates calls of Python functions). With `--spy`, the path of a py-spy,
whichever thread holds the interpreter is sampled instead, and each thread's CPU is the kernel's.
"""

import argparse
import asyncio
import pstats
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.cpu import cpu_ms, load
from support.flows import PURE, READ, chain, ladders
from support.ours import Asker, new_home
from support.runtime import WORKER, launch_worker

from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.storage.embedded import EmbeddedPostgres

FLOWS: dict[str, Callable[[], FlowSpec]] = {
    "chain": lambda: chain(PURE),
    "chain of reads": lambda: chain(READ, seconds=0),
    "fan": lambda: ladders(READ, seconds=0),
    "one": lambda: chain(PURE, 1),
}

PROFILED = """
import asyncio, cProfile, os, sys, time
from persistentai_lab.engine.worker import serve_legs
from persistentai_lab.storage.home import Home
profile = cProfile.Profile(time.thread_time)
try:
    profile.runcall(asyncio.run, serve_legs(Home.open()))
finally:
    profile.dump_stats(sys.argv[1])
    os._exit(0)
"""


async def bench(given: argparse.Namespace) -> None:
    home = new_home()
    stats = None if given.spy else home.path / "profile"
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(home)
        url = postgres.start()
        stack.callback(postgres.stop)
        command = ("-c", PROFILED, str(stats)) if stats else WORKER
        worker = await asyncio.to_thread(launch_worker, url, command)
        stack.callback(worker.stop)
        asker = await stack.enter_async_context(Asker(url))
        flow = FLOWS[given.flow]()
        await asker.runs(flow, 20, given.at_once)
        threads = threads_ms(worker.pid)
        before = cpu_ms(worker.pid), time.process_time() * 1e3, time.perf_counter()
        await asker.runs(flow, given.runs, given.at_once)
        spent = {
            tid: (ms - threads.get(tid, 0.0)) / given.runs
            for tid, ms in threads_ms(worker.pid).items()
        }
        worker_ms, asker_ms = (
            (after - then) / given.runs
            for after, then in zip(
                (cpu_ms(worker.pid), time.process_time() * 1e3), before[:2], strict=True
            )
        )
        rate = given.runs / (time.perf_counter() - before[2])
        print(
            f"{given.flow}, {given.at_once} at once: worker {worker_ms:.2f} CPU-ms a run, "
            f"asker {asker_ms:.2f}, {rate:.1f} runs/s; {load()}"
        )
        if given.spy:
            with spied(given.spy, worker.pid) as folded:
                await asker.runs(flow, given.runs, given.at_once)
            report_spied(folded, spent, given.top)
        worker.stop()
        if stats:
            pstats.Stats(str(stats)).strip_dirs().sort_stats("tottime").print_stats(given.top)


@contextmanager
def spied(spy: str, pid: int) -> Iterator[Path]:
    """Sample while the block runs. Sampling stops threads, which costs them CPU of its own."""
    folded = Path(tempfile.mkdtemp()) / "folded"
    how = ("-r", "400", "-d", "600", "-t", "--gil", "-f", "raw", "-o", str(folded))
    process = subprocess.Popen([spy, "record", "-p", str(pid), *how], stdout=subprocess.DEVNULL)
    yield folded
    process.send_signal(signal.SIGINT)
    process.wait()


def threads_ms(pid: int) -> dict[int, float]:
    """CPU-ms of each living thread so far."""
    return {
        int(task.name): int((task / "schedstat").read_text().split()[0]) / 1e6
        for task in Path(f"/proc/{pid}/task").iterdir()
    }


def report_spied(folded: Path, spent: dict[int, float], top: int) -> None:
    """CPU by thread; samples by function itself, and by function with all that it calls."""
    names: dict[int, str] = {}
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for line in folded.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        thread, *frames = stack.split(";")
        tid, _, name = thread.removeprefix("thread (").partition("): ")
        names[int(tid)] = name
        own[frames[-1]] += int(count)
        for frame in set(frames):
            whole[frame] += int(count)
    print("\nCPU-ms a run, by thread")
    for tid, ms in sorted(spent.items(), key=lambda item: -item[1])[:12]:
        print(f"{ms:6.2f}  {names.get(tid, '?')}")
    total = own.total()
    near = {name: n for name, n in whole.items() if "dbos/" in name or "persistentai_lab/" in name}
    for title, found in (("itself", own), ("with its callees", Counter(near))):
        print(f"\n% of {total} samples, by {title}")
        for name, count in found.most_common(top):
            print(f"{count / total * 100:6.1f}  {name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flow", choices=FLOWS, default="chain")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--top", type=int, default=30)
    parser.add_argument("--spy")
    asyncio.run(bench(parser.parse_args()))
