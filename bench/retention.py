"""Does the database of many runs stay bounded, and what does keeping it so cost?

    python bench/retention.py [--runs 10000] [--steps 10]

Runs are written by SQL as the engine writes them: steps with values of 1.5 kB, two events a step
that show them, DBOS's rows of the leg, and a blob of 300 kB for one run in fifty. Then the policy
(keep the last ten of each flow) is applied. Twice: the second time says whether what was let go of
is used again. CPU is that of the sweeping process and of the server processes that it talks to;
`held` is for how long the rows of one statement or transaction were held at most.
"""

import argparse
import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from support.ours import ME, new_home

from persistentai_lab.engine.legs import migrate
from persistentai_lab.engine.retention import Retention, Swept
from persistentai_lab.flow.payload import Payload
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.garbage import Garbage
from persistentai_lab.storage.policy import Policies, Policy
from persistentai_lab.storage.pool import Pool, make_pool

FLOWS = 20
TICKS = os.sysconf("SC_CLK_TCK")

VERSION = """
INSERT INTO pai.flow_version
SELECT %(workspace)s, 'f' || n, 'p', 'flow ' || n, '{}', '{}', '{}', 'bench', 'bench'
FROM generate_series(0, %(flows)s - 1) n ON CONFLICT DO NOTHING
"""
RUNS = """
INSERT INTO pai.run (workspace, id, flow, flow_hash, plan_hash, code, status, seq, inputs, outputs,
                     steps, owner, caller, created_at, started_at, ended_at)
SELECT %(workspace)s, %(prefix)s || n, 'flow ' || n %% %(flows)s, 'f' || n %% %(flows)s, 'p', '{}',
       'completed', 2 * %(steps)s + 4, '{"path": "x.csv"}', '{"result": {"json": 1}}', %(steps)s,
       'bench', 'bench', now(), now(), now()
FROM generate_series(1, %(runs)s) n
"""
STEPS = """
INSERT INTO pai.step (workspace, run, path, attempt, node, block, version, effect, status, leg,
                      worker, outputs, owner, caller, started_at, ended_at)
SELECT %(workspace)s, %(prefix)s || n, 's' || s, 1, 'n' || s, 'text.upper', 1, 'read', 'completed',
       1, 'worker-1',
       json_build_object('result', json_build_object('json', text)), 'bench', 'bench', now(), now()
FROM generate_series(1, %(runs)s) n, generate_series(1, %(steps)s) s,
     LATERAL (SELECT string_agg(md5((n * 1000 + s * 47 + i)::text), '') AS text
              FROM generate_series(1, 47) i) AS value
"""
EVENTS = """
INSERT INTO pai.event (workspace, run, seq, at, path, node, attempt, owner, caller, body)
SELECT %(workspace)s, %(prefix)s || n, 2 * s + k, now(), 's' || s, 'n' || s, 1, 'bench', 'bench',
       CASE k WHEN 0 THEN
           '{"type":"node.started","block":"text.upper","worker":"worker-1"}'
       ELSE '{"type":"node.completed","duration_s":0.001,"outputs":{"result":{"media_type":'
            '"application/json","size":1504,"sha256":null,"preview":null,"about":"text of 1,504 '
            'characters","head":"' || repeat(md5((n + s)::text), 18) || '","expired_at":null}}}'
       END::json
FROM generate_series(1, %(runs)s) n, generate_series(1, %(steps)s) s, generate_series(0, 1) k
"""
LEGS = """
INSERT INTO dbos.workflow_status
    (workflow_uuid, status, name, queue_name, application_version, executor_id, created_at)
SELECT %(prefix)s || n || '/leg/1', 'SUCCESS', 'leg', 'pai_legs', 'walk', 'worker-1', 0
FROM generate_series(1, %(runs)s) n
"""
INPUTS = """
INSERT INTO dbos.workflow_input (workflow_uuid, inputs)
SELECT %(prefix)s || n || '/leg/1', '{"args": ["' || %(prefix)s || n || '", 1], "kwargs": {}}'
FROM generate_series(1, %(runs)s) n
"""
USES = """
INSERT INTO pai.blob_use SELECT %(workspace)s, sha256, media_type, run
FROM unnest(%(hashes)s::text[], %(users)s::text[]) AS t(sha256, run), (SELECT
    'application/octet-stream' AS media_type) AS it
"""


@dataclass
class Size:
    """Of the database, in megabytes."""

    total: float
    tables: dict[str, float]

    @classmethod
    def of(cls, connection: psycopg.Connection[tuple[object, ...]]) -> "Size":
        """As it is now."""
        (total,) = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        tables = connection.execute(
            """SELECT n.nspname || '.' || c.relname, pg_total_relation_size(c.oid) FROM pg_class c
               JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname IN ('pai', 'dbos') AND c.relkind = 'r' ORDER BY 2 DESC LIMIT 5"""
        ).fetchall()
        return cls(total / 1e6, {name: size / 1e6 for name, size in tables})

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {size:,.0f}" for name, size in self.tables.items() if size >= 1)
        return f"{self.total:>7,.0f} MB  ({parts})"


async def write(pool: Pool, blobs: Blobs, prefix: str, runs: int, steps: int) -> None:
    """So many runs that have ended."""
    values = {
        "workspace": ME.workspace, "prefix": prefix, "runs": runs, "steps": steps, "flows": FLOWS,
    }  # fmt: skip
    async with pool.connection() as connection:
        for statement in (VERSION, RUNS, STEPS, EVENTS, LEGS, INPUTS):
            await connection.execute(statement, values)
    users = [f"{prefix}{n}" for n in range(1, runs + 1, 50)]
    hashes = [
        await blobs.put(
            ME.workspace,
            Payload(os.urandom(300_000), "application/octet-stream"),
            owner="bench",
            caller="bench",
        )
        for _ in users
    ]
    async with pool.connection() as connection:
        await connection.execute(USES, values | {"hashes": hashes, "users": users})


def cpu_of(pids: list[int]) -> float:
    """Seconds that processes have worked."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


async def sweep(pool: Pool, retention: Retention) -> Swept:
    """Until nothing is left."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'persistentai-retention'"
        )
        pids = [row[0] for row in await cursor.fetchall()]
    begun, ours, theirs = time.monotonic(), time.process_time(), cpu_of(pids)
    done = Swept(more=True)
    while done.more or not done.runs:
        part = await retention.sweep(ME.workspace, at_most_s=60)
        done.runs += part.runs
        done.blobs += part.blobs
        done.legs += part.legs
        done.longest_s = max(done.longest_s, part.longest_s)
        done.more = part.runs > 0
    wall = time.monotonic() - begun
    print(
        f"  sweep: {done.runs:,} runs, {done.blobs:,} blobs, {done.legs:,} legs in {wall:.1f} s; "
        f"CPU {time.process_time() - ours:.1f} s ours + {cpu_of(pids) - theirs:.1f} s server = "
        f"{(time.process_time() - ours + cpu_of(pids) - theirs) / done.runs * 1e3:.2f} ms a run; "
        f"held at most {done.longest_s * 1e3:.0f} ms"
    )
    return done


async def measure(url: str, folder: Path, runs: int, steps: int) -> None:
    """Two generations of runs."""
    with psycopg.connect(url, autocommit=True) as look:
        async with make_pool(url, name="retention", min_size=2, max_size=2) as pool:
            policies, blobs = Policies(pool), Blobs(pool, folder)
            await policies.set(
                ME.workspace, Policy(keep_days=0, keep_failed_days=0, keep_last=10), "bench"
            )
            retention = Retention(pool, policies, Garbage(pool, folder, grace_s=0))
            print(f"load {os.getloadavg()[0]:.1f}; empty: {Size.of(look)}")
            for generation in (1, 2):
                await write(pool, blobs, f"r-{generation}-", runs, steps)
                look.execute("VACUUM ANALYZE")
                print(f"generation {generation}, {runs:,} more runs of {steps} steps")
                print(f"  before:          {Size.of(look)}")
                await sweep(pool, retention)
                print(f"  after the sweep: {Size.of(look)}")
                look.execute("VACUUM")
                print(f"  after VACUUM:    {Size.of(look)}")
            look.execute("VACUUM FULL")
            print(f"all {2 * runs:,} runs, packed (VACUUM FULL): {Size.of(look)}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=10)
    wanted = parser.parse_args()
    home = new_home()
    postgres = EmbeddedPostgres(home)
    postgres.start()
    try:
        migrate(postgres.uri)
        home.blobs.mkdir(parents=True, exist_ok=True)
        asyncio.run(measure(postgres.uri, home.blobs, wanted.runs, wanted.steps))
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
