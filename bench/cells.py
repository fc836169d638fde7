"""What does it cost that a cell's function runs in a process of its own, with a table of 10⁶ rows?

    python bench/cells.py [--rounds 9] [--rows 1000000]

In each round, interleaved: the codec alone, in a process that does nothing else (reads the Parquet,
writes it again, to a file), then the same as calls of a function that returns its table: trusted,
and in a sandbox. What a call takes beside the codec is what shipping, forking and the wire cost.
Medians; CPU-ms are those of the worker's process and of its children. The first calls say what a
nursery costs that is not there yet. Keeping what came (SHA-256, fsync, a name) is said apart: it
is the same for every large value, wherever it was made.
"""

import argparse
import asyncio
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd

from persistentai_lab.engine.bodies.body import Bodies, Done, Work
from persistentai_lab.engine.bodies.code import Code
from persistentai_lab.engine.bodies.context import Errand, Say
from persistentai_lab.flow.payload import File, Payload
from persistentai_lab.flow.values import codec_for
from persistentai_lab.memory.layer import Answer, Query
from persistentai_lab.security.sandbox import SandboxUnavailable, Sandlock

CELL = """
import pandas as pd
from persistentai_lab.blocks import block

@block
def same(rows: pd.DataFrame) -> pd.DataFrame:
    return rows

@block
def one_more(n: int) -> int:
    return n + 1

@block
def codec(rows: pd.DataFrame) -> list[float]:
    return []
"""


def table(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "species": random.choice(["Adelie", "Chinstrap", "Gentoo"], rows),
            "island": random.choice(["Biscoe", "Dream", "Torgersen"], rows),
            "mass": random.normal(4200, 800, rows),
            "flipper": random.normal(200, 14, rows),
            "year": random.integers(2007, 2010, rows),
        }
    )


async def nothing(query: Query) -> Answer:
    return Answer()


class Bench:
    def __init__(self, folder: Path, bodies: Bodies) -> None:
        self.folder = folder
        self.bodies = bodies

    def draft(self) -> File:
        return File(os.open(self.folder, os.O_TMPFILE | os.O_RDWR))

    def keep(self, payload: Payload) -> None:
        """As `Blobs.put` does, without the database."""
        file = payload.file or self.draft()
        path = self.folder / hashlib.sha256(payload.data).hexdigest()
        os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            path.unlink()
        file.name(path)

    async def call(self, name: str, payload: Payload, *, trusted: bool) -> Done:
        work = Work(f"cell:{name}", 1, False, 600.0, Errand("r", "s0", 1, 1), False, ("result",))
        say = Say(lambda _level, _line: None, lambda _done, _total: None)
        port = "n" if name == "one_more" else "rows"
        code = Code(CELL, is_trusted=trusted, caller="somebody")
        return await self.bodies.run(work, {port: payload}, code=code, say=say, ask=nothing)


def stored(bench: Bench, payload: Payload) -> Payload:
    """As `Blobs.open` gives it."""
    file = bench.draft()
    file.write(payload.data)
    return Payload(file.mapped(), payload.media_type, file=file)


def cpu_ms() -> float:
    times = os.times()
    return 1e3 * (times.user + times.system)


def cpu_below_ms(pid: int | str = "self") -> float:
    """Of all child processes, those that have ended and were waited for included."""
    spent = 0.0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            spent += sum(map(int, fields[11:15])) * 1e3 / os.sysconf("SC_CLK_TCK")
            spent += cpu_below_ms(child)
    return spent


async def timed(action: Awaitable[object]) -> float:
    began = time.perf_counter()
    await action
    return 1e3 * (time.perf_counter() - began)


def say(what: str, values: list[float]) -> None:
    ordered = sorted(values)
    print(
        f"{what:58} p50 {statistics.median(values):8.1f} ms  min {ordered[0]:8.1f}"
        f"  max {ordered[-1]:8.1f}  n {len(values)}"
    )


async def measure(rounds: int, rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="pai-cells-") as name:
        bench: Bench
        bodies = Bodies(draft=lambda: bench.draft())
        bench = Bench(Path(name), bodies)
        codec = codec_for(pd.DataFrame)
        given = stored(bench, codec.encode(table(rows)))
        size = len(given.data)
        print(f"{rows:,} rows, 5 columns, {size / 1e6:.1f} MB of Parquet; {os.cpu_count()} cores")
        walls: list[tuple[str, bool]] = [("trusted", True)]
        with suppress(SandboxUnavailable):
            Sandlock().check()
            walls.append(("in a sandbox", False))

        await bodies.warm()
        one = Payload(b"1")
        for label, trusted in walls:
            took = await timed(bench.call("one_more", one, trusted=trusted))
            print(f"first call, {label}: {took:.0f} ms")
        for label, trusted in walls:
            for n in range(2):
                took = await timed(bench.call("same", given, trusted=trusted))
                print(f"call {n + 1} with the table, {label}: {took:.0f} ms")

        async def alone() -> None:
            stored(bench, codec.encode(codec.decode(given)))

        by: dict[str, list[float]] = {}
        spent = dict.fromkeys(("codec", *(label for label, _ in walls)), 0.0)
        for _ in range(rounds):
            before = cpu_ms()
            by.setdefault("codec", []).append(await timed(alone()))
            spent["codec"] += cpu_ms() - before
            for label, trusted in walls:
                before, below = cpu_ms(), cpu_below_ms()
                took = await timed(bench.call("same", given, trusted=trusted))
                by.setdefault(label, []).append(took)
                by.setdefault(f"{label}, worker CPU", []).append(cpu_ms() - before)
                await asyncio.sleep(0.1)  # its process ends, and is waited for
                spent[label] += cpu_below_ms() - below
            done = await bench.call("same", given, trusted=True)
            began = time.perf_counter()
            await asyncio.to_thread(bench.keep, done.outputs["result"])
            by.setdefault("keep", []).append(1e3 * (time.perf_counter() - began))
        say("codec alone: read, write, to a file", by["codec"])
        for label, _ in walls:
            say(f"call, {label}", by[label])
            beside = [call - codec for call, codec in zip(by[label], by["codec"], strict=True)]
            say(f"  beside the codec, {label}", beside)
            say(f"  CPU of the worker's own process, {label}", by[f"{label}, worker CPU"])
        for label, cpu in spent.items():
            where = "this process" if label == "codec" else "the children"
            print(f"CPU of {where} in one round, {label}: {cpu / rounds:.0f} ms")
        say("keeping it: SHA-256, fsync, a name", by["keep"])

        for label, trusted in walls:
            before, n = cpu_ms(), 50
            took = [await timed(bench.call("one_more", one, trusted=trusted)) for _ in range(n)]
            say(f"int → int, {label}", took)
            print(f"  CPU of the worker's own process: {(cpu_ms() - before) / n:.2f} ms a call")
        bodies.close()
    print(f"load average {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    asyncio.run(measure(given.rounds, given.rows))


if __name__ == "__main__":
    main()
