"""What it costs that runs wait for people. All processes are real.

    python bench/waiting.py [--runs 1000] [--seeded 100000] [--idle-s 60] [--answers 50]

- CPU of the worker while so many runs wait and nothing happens; its threads.
- kill -9 of the worker → its successor is ready.
- Memory of the worker.
- Answer → the next step has started, p50.

With `--seeded` that many more are copies of one that waits, made by SQL.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

sys.path.insert(0, str(Path(__file__).parent.parent))

from persistentai_lab.blocks.registry import catalogue
from persistentai_lab.engine.commands.answering import Reply
from persistentai_lab.engine.commands.commands import Commands
from persistentai_lab.engine.legs import migrate, sync_engine
from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.ids import RunId
from persistentai_lab.security.identity import Identity
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.home import STATE_VARIABLE, Home
from tests.runtime import flow, node

ME = Identity.local()
ASK = "s0/ask#ask"
TICKS = os.sysconf("SC_CLK_TCK")


def asking() -> FlowSpec:
    """A question, and a step after it that is no pure one."""
    return flow(
        node("ask", "human.ask", text="Well?"), node("then", "time.wait", seconds=0),
        edges=("ask > then.value",), outputs={"said": "then"},
    )  # fmt: skip


class Worker:
    """`persistentai worker`, watched from outside."""

    def __init__(self, folder: Path, url: str, database: "psycopg.Connection[Any]") -> None:
        self._environment = os.environ | {
            "PERSISTENTAI_HOME": str(folder / "home"),
            "PERSISTENTAI_DATABASE_URL": url,
        }
        self._log = folder / "worker.log"
        self._database = database
        self.process = self._launch()

    def _launch(self) -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-m", "persistentai_lab.cli", "worker"]
        with self._log.open("ab") as log:
            return subprocess.Popen(argv, env=self._environment, stdout=log, stderr=log)

    def ready(self) -> None:
        statement = "SELECT 1 FROM pai.worker WHERE pid = %s AND beat_at > now() - interval '2 s'"
        said = f"ready, pid {self.process.pid}"
        while not (
            self._database.execute(statement, (self.process.pid,)).fetchone()
            and said in self._log.read_text()
        ):
            assert self.process.poll() is None, self._log.read_text()[-2000:]
            time.sleep(0.01)

    def restart(self) -> float:
        self.process.kill()
        self.process.wait()
        began = time.monotonic()
        self.process = self._launch()
        self.ready()
        return time.monotonic() - began

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def status(self, name: str) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def seed(database: "psycopg.Connection[Any]", template: str, count: int) -> None:
    """Copies of a run that waits, with their question, their events and their ended leg."""
    for table, own in (
        ("pai.run", "id"), ("pai.event", "run"), ("pai.question", "run"),
    ):  # fmt: skip
        columns = [
            name
            for (name,) in database.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
                "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
                (table,),
            )
        ]
        made = ", ".join(
            f"'r-seed-' || n AS {name}" if name == own else f"t.{name}" for name in columns
        )
        database.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {made} "
            f"FROM {table} t, generate_series(1, %s) AS n WHERE t.{own} = %s",
            (count, template),
        )
    columns = [
        name
        for (name,) in database.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'dbos' "
            "AND table_name = 'workflow_status' AND column_name NOT IN "
            "('workflow_uuid', 'deduplication_id') AND is_generated = 'NEVER' "
            "AND is_identity = 'NO'"
        )
    ]
    listed = ", ".join(columns)
    database.execute(
        f"INSERT INTO dbos.workflow_status (workflow_uuid, {listed}) "
        f"SELECT 'r-seed-' || n || '/leg/1', {', '.join(f't.{name}' for name in columns)} "
        "FROM dbos.workflow_status t, generate_series(1, %s) AS n WHERE t.workflow_uuid = %s",
        (count, f"{template}/leg/1"),
    )
    database.execute("ANALYZE")


def wait_until(database: "psycopg.Connection[Any]", count: int) -> None:
    statement = "SELECT count(*) FROM pai.run WHERE status = 'waiting'"
    while database.execute(statement).fetchone()[0] < count:  # type: ignore[index]
        time.sleep(0.2)


def wake_ups(
    commands: Commands, database: "psycopg.Connection[Any]", runs: list[str]
) -> list[float]:
    """Seconds from giving each answer to the start of the step after it, one after another."""
    statement = """SELECT at FROM pai.event WHERE run = %s AND node = 'then'
                   AND body->>'type' = 'node.started'"""
    took = []
    for run in runs:
        began = datetime.now(UTC)
        asyncio.run(commands.answer(RunId(run), ASK, Reply("yes"), ME))
        while (row := database.execute(statement, (run,)).fetchone()) is None:
            time.sleep(0.002)
        took.append((row[0] - began).total_seconds())
    return took


def measure(given: argparse.Namespace) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="pai-waiting-"))
    folder.chmod(0o755)
    home = Home.open(folder / "home", {STATE_VARIABLE: str(folder / "state")})
    postgres = EmbeddedPostgres(home)
    url = postgres.start()
    worker = None
    try:
        migrate(url)
        engine = sync_engine(url)
        commands = Commands(engine, catalogue())
        with psycopg.connect(url, autocommit=True) as database:
            worker = Worker(folder, url, database)
            worker.ready()
            runs = [
                str(asyncio.run(commands.start(asking(), {}, (), ME)).run)
                for _ in range(given.runs)
            ]
            wait_until(database, given.runs)
            if given.seeded:
                seed(database, runs[0], given.seeded)
                runs = [f"r-seed-{n}" for n in range(1, given.answers + 1)] + runs
            restart = [worker.restart() for _ in range(3)]
            time.sleep(5)  # what a start still does has nothing to do with waiting
            before, began = worker.cpu_s(), time.monotonic()
            time.sleep(given.idle_s)
            minute = (worker.cpu_s() - before) / (time.monotonic() - began) * 60
            took = wake_ups(commands, database, runs[: given.answers])
            waiting = given.runs + given.seeded
            return {
                "waiting": waiting,
                "load": [round(each, 1) for each in os.getloadavg()],
                "restart to ready, s, median of 3": round(statistics.median(restart), 2),
                "worker CPU a minute, ms": round(minute * 1000),
                "of it for each run, ms": round(minute * 1000 / waiting, 4),
                "worker threads": worker.status("Threads"),
                "worker memory, MB": round(worker.status("VmRSS") / 1024),
                "answer to next step, p50, ms": round(statistics.median(took) * 1000, 1),
                "p90, ms": round(sorted(took)[int(len(took) * 0.9)] * 1000, 1),
            }
    finally:
        if worker is not None:
            worker.process.kill()
            worker.process.wait()
        postgres.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seeded", type=int, default=0)
    parser.add_argument("--idle-s", type=float, default=60.0)
    parser.add_argument("--answers", type=int, default=50)
    json.dump(measure(parser.parse_args()), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
