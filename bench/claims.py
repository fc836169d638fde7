"""What a claim costs when many legs wait, also when most of them are for another release's workers.

    python bench/claims.py DATABASE_URL

The database is emptied of legs. Medians; CPU of the client and of its Postgres backend a claim.
"""

import asyncio
import os
import statistics
import sys
import time
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parent.parent))

from persistentai_lab.blocks.registry import catalogue
from persistentai_lab.engine.ability import KEEP, BlockSet, had
from persistentai_lab.engine.claim import claim, partition
from persistentai_lab.engine.legs import (
    APPLICATION,
    PROTOCOL,
    QUEUE,
    LegQueue,
    migrate,
    sync_engine,
)
from persistentai_lab.ids import Workspace
from persistentai_lab.storage.pool import make_pool

CLAIMS, WARM, ROOM, WAITING = 200, 20, 4, 1_000
TICKS = os.sysconf("SC_CLK_TCK")
STRANGE = BlockSet(("another.release@2", PROTOCOL))


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def fill(url: str, mine: BlockSet, flows: int, strangers: int) -> None:
    """Have legs wait: of some flows, each with needs of its own, and some that need more."""
    known = [name for name in mine.names if "." in name]
    needs = [BlockSet((*known[n : n + 6], PROTOCOL)) for n in range(flows)]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM dbos.workflow_status")
        for each in (mine, STRANGE, *needs):
            connection.execute(KEEP, each.row())
    engine = sync_engine(url)
    queue = LegQueue()
    with engine.begin() as connection:
        for n in range(WAITING + strangers):
            it, flow = (needs[n % flows], n % flows) if n < WAITING else (STRANGE, flows)
            part = partition(Workspace("w"), f"flow{flow}", it.hash)
            queue.enqueue(connection, f"r{n}", 1, part=part)
    engine.dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE dbos.workflow_status")


async def measure(url: str, mine: BlockSet) -> str:
    async with make_pool(url, name="bench", min_size=1, max_size=1) as pool:
        times: list[float] = []
        for n in range(WARM + CLAIMS):
            if n == WARM:  # a young pool may still have changed its connection before
                async with pool.connection() as connection:
                    backend = connection.info.backend_pid
                server, client = cpu_s(backend), time.process_time()
            began = time.perf_counter()
            taken = await claim(
                pool, queue=QUEUE, version=PROTOCOL, application=APPLICATION,
                executor="worker-1", token="t", room=ROOM, has=mine.hash,
            )  # fmt: skip
            times.append((time.perf_counter() - began) * 1000)
            assert len(taken) == ROOM
    client_ms = (time.process_time() - client) / CLAIMS * 1000
    server_ms = (cpu_s(backend) - server) / CLAIMS * 1000
    return (
        f"{statistics.median(times[WARM:]):6.2f} ms a claim of {ROOM}, "
        f"CPU {client_ms:.2f} ms here, {server_ms:.2f} ms in Postgres"
    )


def main(url: str) -> None:
    migrate(url)
    mine = had(catalogue(), PROTOCOL)
    print(f"{WAITING} legs wait; load {os.getloadavg()[0]:.1f}")
    for flows, strangers in ((1, 0), (10, 0), (10, WAITING)):
        fill(url, mine, flows, strangers)
        found = asyncio.run(measure(url, mine))
        print(f"{flows:3} flows, and {strangers:5} legs that nobody can take: {found}")


if __name__ == "__main__":
    main(*sys.argv[1:])
