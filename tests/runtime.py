"""A runtime of real processes for tests: workers by the command, Postgres from the fixtures."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from persistentai_lab.blocks.registry import blocks_of, catalogue
from persistentai_lab.engine.commands.answering import Reply
from persistentai_lab.engine.commands.commands import Commands
from persistentai_lab.engine.commands.held import Steered
from persistentai_lab.engine.commands.pinned import Module, Refs
from persistentai_lab.engine.commands.signals import Signals
from persistentai_lab.engine.commands.steering import Steering
from persistentai_lab.engine.legs import sync_engine
from persistentai_lab.engine.triggers.triggers import Triggers
from persistentai_lab.flow.model import Edge, FlowSpec, Node, Policy, PortRef
from persistentai_lab.ids import Json, RunId
from persistentai_lab.security.identity import Identity
from persistentai_lab.storage.home import Home
from persistentai_lab.storage.stuck import IS_STUCK
from tests import ledger_blocks
from tests.forking import CLI, REPOSITORY, Started, fork

ME = Identity.local()
"""Whose runtime it is, so that the functions need no sandbox."""
ENDED = ("completed", "failed", "cancelled")
UNDER_WAY = """
SELECT s.run, s.path, s.attempt FROM pai.step s JOIN pai.run r ON r.id = s.run
WHERE s.status = 'started' AND r.ended_at IS NOT NULL
"""
"""Steps that are not over, though their run is."""


def ledger_module() -> Module:
    """`tests.ledger_blocks`, as a client ships it."""
    source = Path(ledger_blocks.__file__).read_text()
    signatures = tuple(block.signature for block in blocks_of(ledger_blocks))
    return Module(ledger_blocks.__name__, source, signatures)


def mine(name: str) -> str:
    """The name of a block of the ledger module."""
    return f"{ledger_blocks.__name__}:{name}"


def node(node_id: str, block: str, policy: Policy | None = None, /, **values: Json) -> Node:
    """A node with literal values."""
    return Node(id=node_id, block=block, values=values, policy=policy)


def edge(arrow: str) -> Edge:
    """`a.result > b.after` as an edge; the ports may be left out."""
    source, target = (part.strip() for part in arrow.split(">"))
    a, _, out = source.partition(".")
    b, _, into = target.partition(".")
    return Edge(
        source=PortRef(node=a, port=out or "result"), target=PortRef(node=b, port=into or "after")
    )


def flow(
    *nodes: Node, edges: tuple[str, ...] = (), outputs: Mapping[str, str] | None = None
) -> FlowSpec:
    """A flow without inputs; `outputs` maps a name to a node whose `result` it is."""
    wanted = {name: PortRef(node=n, port="result") for name, n in (outputs or {}).items()}
    return FlowSpec(name="test", nodes=nodes, edges=tuple(edge(e) for e in edges), outputs=wanted)


def until(condition: Callable[[], Any], what: str, *, within_s: float = 60.0) -> Any:
    """Wait for a condition; the deadline is for a hung test, not a measurement."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)
    return found


class Runtime:
    """Workers on one database. Use it with `with`: whatever still runs at the end is killed."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.database_url = database_url
        self._folder = folder
        self._environment = os.environ | {
            "PERSISTENTAI_HOME": str(folder / "home"),
            "PERSISTENTAI_DATABASE_URL": database_url,
            "PYTHONPATH": str(REPOSITORY),
        }
        self.workers: list[Started] = []
        self._engine = sync_engine(database_url)
        self.commands = Commands(self._engine, catalogue())
        self.steering = Steering(self._engine)
        self.signals = Signals(self._engine)
        self.triggers = Triggers(self._engine, catalogue())
        self._connection = psycopg.connect(database_url, autocommit=True, row_factory=dict_row)

    def __enter__(self) -> "Runtime":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
                worker.wait()
        stuck = [] if kind else self.stuck()
        under_way = [] if kind else self.rows(UNDER_WAY)
        self._connection.close()
        self._engine.dispose()
        assert not stuck, f"nothing will ever move these runs again: {stuck}"
        assert not under_way, f"their runs have ended: {under_way}"

    def stuck(self) -> list[tuple[str, str]]:
        """Runs, with their states, that nothing will ever move again."""
        query = f"SELECT id, status FROM pai.run r WHERE {IS_STUCK}"
        return [(row["id"], row["status"]) for row in self.rows(query)]

    def launch(
        self, database_url: str = "", *, inside: tuple[str, ...] = (), beside: Path | None = None
    ) -> Started:
        """Start one more worker, inside of another program if that is named.

        What lies in the folder `beside` is installed for it, and for it only.
        """
        elsewhere = {"PERSISTENTAI_DATABASE_URL": database_url} if database_url else {}
        if beside is not None:
            elsewhere["PYTHONPATH"] = f"{beside}{os.pathsep}{REPOSITORY}"
        environment = self._environment | elsewhere
        with (self._folder / f"worker-{len(self.workers)}.log").open("wb") as log:
            if inside:
                process: Started = subprocess.Popen(
                    [*inside, sys.executable, "-m", CLI, "worker"],
                    env=environment,
                    cwd=self._folder,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            else:
                process = fork(
                    CLI, "worker", environment=environment, folder=self._folder, output=log
                )
        self.workers.append(process)
        return process

    def worker(
        self, database_url: str = "", *, inside: tuple[str, ...] = (), beside: Path | None = None
    ) -> Started:
        """Start one more worker and wait until it beats."""
        process = self.launch(database_url, inside=inside, beside=beside)

        def beats() -> bool:
            assert process.poll() is None, self.log()
            return bool(self.rows("SELECT 1 FROM pai.worker WHERE pid = %s", process.pid))

        until(beats, "the worker beats")
        return process

    def log(self) -> str:
        """What all workers have said."""
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("worker-*.log")))

    def start(
        self,
        spec: FlowSpec,
        key: str | None = None,
        *,
        paused: bool = False,
        breakpoints: Mapping[str, str | None] | None = None,
        **inputs: Json,
    ) -> RunId:
        """Start a run."""
        starting = self.commands.start(
            spec, inputs, (ledger_module(),), ME, key=key, paused=paused, breakpoints=breakpoints
        )
        return asyncio.run(starting).run

    def replay(self, run: RunId, key: str | None = None) -> RunId:
        """Start a replay."""
        return asyncio.run(self.commands.replay(run, ME, key=key)).run

    def verdict(self, run: RunId) -> dict[str, Any]:
        """Replay a run, and wait for what comes of it."""
        replay = self.replay(run)
        assert self.ended(replay)["status"] == "completed", self.run(replay)["error"]
        return self.run(replay)["outputs"]["result"]["json"]  # type: ignore[no-any-return]

    def answer(
        self,
        run: RunId,
        question: str,
        answer: Json,
        outputs: dict[str, Json] | None = None,
        by: str = ME.user,
        **more: Any,
    ) -> None:
        """Answer a question."""
        reply = Reply(answer, outputs=outputs or {}, **more)
        asyncio.run(self.commands.answer(run, question, reply, Identity(user=by)))

    def asked(self, run: RunId, node: str = "") -> dict[str, Any]:
        """Wait for a question of the run that is open; returns its row."""

        def row() -> dict[str, Any] | None:
            found = self.rows(
                "SELECT * FROM pai.question WHERE run = %s AND answer IS NULL AND %s IN ('', node)",
                run,
                node,
            )
            return found[0] if found else None

        return until(row, f"run {run} asks\n{self.log()[-2000:]}")  # type: ignore[no-any-return]

    def cancel(self, run: RunId) -> None:
        """Cancel a run."""
        asyncio.run(self.commands.cancel(run, ME))

    def pause(self, run: RunId) -> Steered:
        """Pause a run."""
        return asyncio.run(self.steering.pause(run, ME))

    def resume(self, run: RunId) -> Steered:
        """Let a run go on."""
        return asyncio.run(self.steering.resume(run, ME))

    def step(self, run: RunId) -> Steered:
        """Let a paused run take one step."""
        return asyncio.run(self.steering.step(run, ME))

    def break_at(self, run: RunId, node_id: str, when: str | None = None) -> Steered:
        """Let a run halt before a node."""
        return asyncio.run(self.steering.break_at(run, node_id, ME, when=when))

    def clear_break(self, run: RunId, node_id: str) -> Steered:
        """Let a run no longer halt before a node."""
        return asyncio.run(self.steering.clear_break(run, node_id, ME))

    def change(self, run: RunId, node_id: str, refs: Refs | None = None, **values: Json) -> Steered:
        """Put values in the place of a node's."""
        return asyncio.run(self.steering.change(run, node_id, values, ME, refs=refs or {}))

    def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        """What the database says."""
        return self._connection.execute(statement, values).fetchall()  # type: ignore[call-overload,no-any-return]

    def execute(self, statement: str, *values: object) -> None:
        """Change the database behind everybody's back."""
        self._connection.execute(statement, values or None)  # type: ignore[call-overload]

    @property
    def home(self) -> Home:
        """Of its workers."""
        return Home.open(self._folder / "home", self._environment)

    def run(self, run: RunId) -> dict[str, Any]:
        """The run's row."""
        return self.rows("SELECT * FROM pai.run WHERE id = %s", run)[0]

    def ended(self, run: RunId, *, within_s: float = 60.0) -> dict[str, Any]:
        """Wait until the run has ended; returns its row."""

        def row() -> dict[str, Any] | None:
            found = self.run(run)
            return found if found["status"] in ENDED else None

        return until(row, f"run {run} ends\n{self.log()[-2000:]}", within_s=within_s)  # type: ignore[no-any-return]

    def reached(self, run: RunId, status: str) -> dict[str, Any]:
        """Wait for a status."""
        until(lambda: self.run(run)["status"] == status, f"run {run} is {status}")
        return self.run(run)

    def steps(self, run: RunId) -> list[dict[str, Any]]:
        """All attempts, by path."""
        return self.rows("SELECT * FROM pai.step WHERE run = %s ORDER BY path, attempt", run)

    def events(self, run: RunId, kind: str = "") -> list[dict[str, Any]]:
        """Events in order, of one type if given."""
        rows = self.rows(
            "SELECT *, body::text AS text FROM pai.event WHERE run = %s ORDER BY seq", run
        )
        for row in rows:
            row["body"] = json.loads(row["text"])
        return [row for row in rows if not kind or row["body"]["type"] == kind]

    def record(self, key: str) -> Any:
        """The value of a memory record."""
        rows = self.rows("SELECT value FROM pai.record WHERE key = %s", key)
        return rows[0]["value"] if rows else None
