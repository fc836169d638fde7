"""Our engine whole: check, compile, pin, queue, claim, walk, record, and its end heard of.

    python ours.py URL PID

The PID is of a worker on that database; what it spends counts as ours.
"""

import asyncio
import sys
import time
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parent.parent))

from line import serve
from support.cpu import cpu_ms
from support.flows import PURE, READ, chain, ladders
from support.ours import Asker

from persistentai_lab.flow.model import FlowSpec

CASES = {
    "sequence": chain(READ, 100, seconds=0),
    "fan": ladders(READ, 10, 10, seconds=0),
    "writes": chain("bench.pay", 20),
    "chain": chain(PURE, 20),
}
_WALKED = """
SELECT extract(epoch FROM max(at) - min(at) FILTER (WHERE body->>'type' = 'run.started'))
FROM pai.event WHERE run = ANY(%s)
"""


async def main(url: str, worker: int) -> None:
    runs: list[str] = []

    def work(asker: Asker, spec: FlowSpec):  # type: ignore[no-untyped-def]
        async def run() -> None:
            runs.append(await asker.run(spec))

        return run

    def walk_ms() -> float:
        """From the first start to the last event: without asking, queueing and claiming."""
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute(_WALKED, (runs,)).fetchone()
        runs.clear()
        assert row is not None
        return float(row[0]) * 1e3

    async with Asker(url) as asker:
        await serve(
            {name: work(asker, spec) for name, spec in CASES.items()},
            lambda: time.process_time() + cpu_ms(worker) / 1e3,
            walk_ms=walk_ms,
        )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
