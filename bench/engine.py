"""How fast are durable steps? Ours beside plain DBOS and two hand-written limits, interleaved.

    python bench/engine.py [--rounds 5] [--at-once 1 4 16]

One Postgres (fsync on), one process, every rival in turn in each round. Medians; CPU-ms is the
time of this process per run. Ours is measured whole: check, compile, enqueue, claim, walk, record.

- raw: one INSERT and COMMIT a step, one connection a run: what the disk and the protocol cost.
- hand-written: fence, checkpoint, sequence head and two events in one statement a step (or a
  commit of ten steps, for branches): the limit that an engine can approach.
- plain DBOS: `@DBOS.step` in an async workflow.
- ours: `read` steps, whose record is committed before the next one starts.
- ours, pure: `pure` steps, whose records ride along.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
from dbos import DBOS

from persistentai_lab.blocks.registry import catalogue
from persistentai_lab.engine.body import Bodies
from persistentai_lab.engine.commands import Commands
from persistentai_lab.engine.leg import Legs
from persistentai_lab.engine.legs import Executor, migrate, sync_engine
from persistentai_lab.engine.signals import Signals
from persistentai_lab.engine.spawning import Spawner
from persistentai_lab.engine.writer import Writer
from persistentai_lab.flow.model import Edge, FlowSpec, Node, PortRef
from persistentai_lab.security.identity import Identity
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.hints import Hints
from persistentai_lab.storage.home import STATE_VARIABLE, Home
from persistentai_lab.storage.pool import make_pool

CHAIN = 20
BRANCHES = 10
ME = Identity(user="bench")

Run = Callable[[], Awaitable[None]]


def chain(block: str, **values: float) -> FlowSpec:
    nodes = [
        Node(id=f"n{i:02}", block=block, values=values | ({"value": 0} if i == 0 else {}))
        for i in range(CHAIN)
    ]
    edges = [
        Edge(
            source=PortRef(node=f"n{i - 1:02}", port="result"),
            target=PortRef(node=f"n{i:02}", port="value"),
        )
        for i in range(1, CHAIN)
    ]
    return FlowSpec(name="chain", nodes=tuple(nodes), edges=tuple(edges))


def branches(block: str, **values: float) -> FlowSpec:
    nodes = [Node(id=f"b{i}", block=block, values=values | {"value": i}) for i in range(BRANCHES)]
    return FlowSpec(name="branches", nodes=tuple(nodes))


class Limits:
    """The hand-written rivals. Each run has a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[psycopg.AsyncConnection] = []
        self._number = 0

    async def prepare(self, connections: int) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(_TABLES)
        for _ in range(connections):
            self._free.append(await psycopg.AsyncConnection.connect(self._url, autocommit=True))

    async def raw(self, steps: int, width: int) -> None:
        connection = self._free.pop()
        for _ in range(steps * width):
            await connection.execute(
                "INSERT INTO bench.raw (v) VALUES (%s)", ("x" * 100,), prepare=True
            )
        self._free.append(connection)

    async def statement(self, steps: int, width: int) -> None:
        connection = self._free.pop()
        self._number += 1
        run = f"w{self._number}"
        await connection.execute("INSERT INTO bench.wf VALUES (%s, 'x')", (run,))
        await connection.execute("INSERT INTO bench.head VALUES (%s, 0)", (run,))
        event = json.dumps({"type": "node.completed", "node": "n1", "ms": 1})
        for step in range(steps):
            values = {
                "w": run,
                "f": [step * width + i for i in range(width)],
                "n": ["n"] * width,
                "v": ['"x"'] * width,
                "e": [event] * (2 * width),
            }
            await connection.execute(_STATEMENT, values, prepare=True)
        self._free.append(connection)


_TABLES = """
DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench;
CREATE TABLE bench.raw (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);
CREATE TABLE bench.wf (id text PRIMARY KEY, owner text);
CREATE TABLE bench.op (wf text, fid int, name text, out text, PRIMARY KEY (wf, fid));
CREATE TABLE bench.head (run text PRIMARY KEY, seq bigint);
CREATE TABLE bench.ev (run text, seq bigint, at timestamptz DEFAULT now(), body jsonb,
                       PRIMARY KEY (run, seq));
"""
_STATEMENT = """
WITH o AS MATERIALIZED (
    SELECT 1 FROM bench.wf WHERE id = %(w)s AND owner = 'x' FOR NO KEY UPDATE
), i AS (
    INSERT INTO bench.op SELECT %(w)s, f, n, v
    FROM o, unnest(%(f)s::int[], %(n)s::text[], %(v)s::text[]) u(f, n, v) RETURNING 1
), h AS (
    UPDATE bench.head SET seq = seq + cardinality(%(e)s::jsonb[])
    WHERE run = %(w)s AND EXISTS (SELECT 1 FROM o) RETURNING seq
), e AS (
    INSERT INTO bench.ev (run, seq, body)
    SELECT %(w)s, h.seq - cardinality(%(e)s::jsonb[]) + k, b
    FROM h, unnest(%(e)s::jsonb[]) WITH ORDINALITY u(b, k) RETURNING 1
)
SELECT (SELECT count(*) FROM i), (SELECT count(*) FROM e)
"""


class Ours:
    """The engine, composed in this process."""

    def __init__(self, commands: Commands, hints_seen: psycopg.AsyncConnection) -> None:
        self._commands = commands
        self._watch = hints_seen
        self._ended: dict[str, asyncio.Event] = {}

    async def watch(self, pool: object) -> None:
        """Runs end when their row says so: looked at after each hint of theirs."""
        await self._watch.execute("LISTEN pai_events")
        async for notice in self._watch.notifies():
            runs = [word.rpartition(":")[0] for word in notice.payload.split()]
            async with pool.connection() as connection:  # type: ignore[attr-defined]
                cursor = await connection.execute(
                    "SELECT id FROM pai.run WHERE id = ANY(%s) AND ended_at IS NOT NULL", (runs,)
                )
                for (run,) in await cursor.fetchall():
                    self._ended.setdefault(run, asyncio.Event()).set()

    async def run(self, spec: FlowSpec) -> None:
        started = await self._commands.start(spec, {}, (), ME)
        await self._ended.setdefault(started.run, asyncio.Event()).wait()


def dbos_rivals() -> tuple[Run, Run, Run]:
    @DBOS.step(name="nothing")
    async def nothing(value: int) -> int:
        return value

    @DBOS.step(name="second")
    async def second(value: int) -> int:
        await asyncio.sleep(1)
        return value

    @DBOS.workflow(name="plain_chain")
    async def plain_chain() -> None:
        for value in range(CHAIN):
            await nothing(value)

    @DBOS.workflow(name="plain_branches")
    async def plain_branches() -> None:
        await asyncio.gather(*(nothing(value) for value in range(BRANCHES)))

    @DBOS.workflow(name="plain_seconds")
    async def plain_seconds() -> None:
        await asyncio.gather(*(second(value) for value in range(BRANCHES)))

    return plain_chain, plain_branches, plain_seconds


async def measure(run: Run, at_once: int) -> tuple[float, float]:
    """Milliseconds of wall and of CPU a run, `at_once` runs going at a time."""
    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(run() for _ in range(at_once)))
    return (
        (time.perf_counter() - began) * 1e3,
        (time.process_time() - cpu) * 1e3 / at_once,
    )


def new_home() -> Home:
    folder = Path(tempfile.mkdtemp(prefix="pai-bench-"))
    folder.chmod(0o755)
    return Home.open(folder / "home", {STATE_VARIABLE: str(folder / "state")})


async def bench(rounds: int, at_once: list[int]) -> None:
    home = new_home()
    postgres = EmbeddedPostgres(home)
    url = postgres.start()
    migrate(url)
    async with AsyncExitStack() as stack:
        stack.callback(postgres.stop)
        engine = sync_engine(url, pool_size=20)
        pool = await stack.enter_async_context(
            make_pool(url, name="bench", min_size=8, max_size=20)
        )
        hints = Hints(url)
        bodies = Bodies()
        writer = Writer(pool, hints)
        stack.push_async_callback(writer.close)
        blobs, spawner = Blobs(pool, home.blobs), Spawner(engine)
        legs = Legs(pool, writer, bodies, blobs, spawner, "worker-1", Signals(engine), ME.user)
        executor = Executor(engine, pool, "worker-1", legs.run, legs_at_once=100)
        plain_chain, plain_branches, plain_seconds = dbos_rivals()
        await executor.launch()
        stack.callback(executor.stop)
        commands = Commands(engine, catalogue())
        ours = Ours(commands, await psycopg.AsyncConnection.connect(url, autocommit=True))
        limits = Limits(url)
        await limits.prepare(max(at_once))

        async def listen() -> None:
            connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
            await connection.execute("LISTEN pai_legs")
            async for _ in connection.notifies():
                await executor.wake()

        for duty in (hints.send_forever(), ours.watch(pool), listen()):
            task = asyncio.create_task(duty)
            stack.callback(task.cancel)

        cases: dict[str, dict[str, Run]] = {
            f"chain of {CHAIN}": {
                "raw INSERT+COMMIT": lambda: limits.raw(CHAIN, 1),
                "hand-written": lambda: limits.statement(CHAIN, 1),
                "plain DBOS": plain_chain,
                "ours": lambda: ours.run(chain("time.wait", seconds=0)),
                "ours, pure": lambda: ours.run(chain("values.constant")),
            },
            f"{BRANCHES} branches": {
                "raw INSERT+COMMIT": lambda: limits.raw(1, BRANCHES),
                "hand-written": lambda: limits.statement(1, BRANCHES),
                "plain DBOS": plain_branches,
                "ours": lambda: ours.run(branches("time.wait", seconds=0)),
                "ours, pure": lambda: ours.run(branches("values.constant")),
            },
            f"{BRANCHES} branches of 1 s": {
                "plain DBOS": plain_seconds,
                "ours": lambda: ours.run(branches("time.wait", seconds=1)),
            },
        }
        found: dict[tuple[str, int, str], list[tuple[float, float]]] = {}
        for number in range(-1, rounds):
            for case, rivals in cases.items():
                for count in at_once:
                    for name, run in rivals.items():
                        result = await measure(run, count)
                        if number >= 0:
                            found.setdefault((case, count, name), []).append(result)
        report(found, rounds)


def report(found: dict[tuple[str, int, str], list[tuple[float, float]]], rounds: int) -> None:
    print(f"medians of {rounds} rounds; load average {os.getloadavg()[0]:.1f}")
    print(f"{'':24}{'at once':>8}  {'rival':20}{'ms':>9}{'× DBOS':>9}{'CPU-ms/run':>12}")
    for (case, count, name), results in found.items():
        wall = statistics.median(wall for wall, _ in results)
        cpu = statistics.median(cpu for _, cpu in results)
        ratios = [
            theirs[0] / mine[0]
            for theirs, mine in zip(found[case, count, "plain DBOS"], results, strict=True)
        ]
        ratio = statistics.median(ratios)
        print(f"{case:24}{count:>8}  {name:20}{wall:>9.1f}{ratio:>9.2f}{cpu:>12.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 4, 16])
    arguments = parser.parse_args()
    asyncio.run(bench(arguments.rounds, arguments.at_once))
    os._exit(0)
