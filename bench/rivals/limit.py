"""The hand-written limit: fence, checkpoint, sequence head and two events in one statement.

    python limit.py URL

A commit a step in a sequence; a commit of ten steps in a fan-out. A connection a run. A hint goes
out after the commits, at most every 5 ms, by a connection of its own.
"""

import asyncio
import json
import sys
import threading
import time
from itertools import count

import psycopg
from line import Threads, serve

AT_ONCE = 32
TABLES = """
DROP SCHEMA IF EXISTS bench CASCADE; CREATE SCHEMA bench;
CREATE TABLE bench.wf (id text PRIMARY KEY, owner text);
CREATE TABLE bench.op (wf text, fid int, name text, out text, PRIMARY KEY (wf, fid));
CREATE TABLE bench.head (run text PRIMARY KEY, seq bigint);
CREATE TABLE bench.ev (run text, seq bigint, at timestamptz DEFAULT now(), body jsonb,
                       PRIMARY KEY (run, seq));
"""
STATEMENT = """
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
EVENT = json.dumps({"type": "node.completed", "node": "n1", "ms": 1})


class Limit:
    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[psycopg.Connection] = []
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLES)
        self._number = count()
        self._written = threading.Event()
        self._hints = psycopg.connect(url, autocommit=True)
        threading.Thread(target=self._hint, daemon=True).start()

    def run(self, commits: int, width: int) -> None:
        # The round that warms up connects; the measured ones find what they need.
        connection = self._free.pop() if self._free else psycopg.connect(self._url, autocommit=True)
        run = f"w{next(self._number)}"
        connection.execute("INSERT INTO bench.wf VALUES (%s, 'x')", (run,))
        connection.execute("INSERT INTO bench.head VALUES (%s, 0)", (run,))
        for step in range(commits):
            values = {
                "w": run,
                "f": [step * width + i for i in range(width)],
                "n": ["n"] * width,
                "v": ['"x"'] * width,
                "e": [EVENT] * (2 * width),
            }
            connection.execute(STATEMENT, values, prepare=True)
            self._written.set()
        self._free.append(connection)

    def _hint(self) -> None:
        while self._written.wait():
            self._written.clear()
            self._hints.execute("SELECT pg_notify('bench', 'w')")
            time.sleep(0.005)


if __name__ == "__main__":
    limit, threads = Limit(sys.argv[1]), Threads(AT_ONCE)
    asyncio.run(
        serve(
            {
                "sequence": threads.work(lambda: limit.run(100, 1)),
                "fan": threads.work(lambda: limit.run(10, 10)),
            }
        )
    )
