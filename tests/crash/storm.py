"""Kills processes of a real runtime at seeded random moments, and counts from outside what happens.

The runtime is the one that `persistentai up` starts: supervisor, embedded Postgres, gateway,
workers. Runs are started over HTTP, their events followed over WebSocket all the while. What
bodies did is known from a ledger in this process, which they call (`tests.ledger`).
"""

import itertools
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import unix_connect

from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.storage.home import STATE_VARIABLE, Home
from persistentai_lab.supervisor import down, status, up
from persistentai_lab.supervisor.backoff import WELL_AFTER_S
from tests.ledger import Ledger
from tests.runtime import flow, ledger_module, mine, node

BRANCHES = 3
ROOM = "room/storm"
WRITES = (
    ("note", "records"), ("late", "records"), ("kept", "records"), ("said", "feed"),
    ("filed", "files"), ("told", "knowledge"), ("known", "knowledge"),
)  # fmt: skip
"""Nodes of a branch that write in memory, and in which layer."""
BRANCHED = ("side", "draft", "merged")
"""Nodes of a run that begin a branch of the files, write there, and bring it back."""
KINDS = ("look", "pay", "more", "last", *(kind for kind, _ in WRITES))
API = "/persistentai/api/v1"


@dataclass(frozen=True)
class Plan:
    """How much is killed, and how much work there is for it to hit."""

    seed: int
    worker_kills: int
    gateway_kills: int
    postgres_kills: int
    at_once: int = 3
    workers: int = 2
    gap_s: tuple[float, float] = (0.5, 3.5)


@dataclass
class Watched:
    """A run, and what a reader of its events saw."""

    run_id: str
    label: str
    seen: list[dict[str, Any]] = field(default_factory=list)
    """Every event that came over the wire, exactly as it came."""
    seen_at: list[float] = field(default_factory=list)
    """When each of them came."""
    kills: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    thread: threading.Thread | None = None
    connections: int = 0


def drawn(address: str, label: str, rng: random.Random) -> FlowSpec:
    """Three branches of reads, keyed and unkeyed writes, and writes to each layer of memory.

    Besides, a branch of the files that is written and merged.
    """

    def body(name: str, kind: str, low: float, high: float):  # type: ignore[no-untyped-def]
        wait_s = round(rng.uniform(low, high), 2)
        return node(name, mine(kind), address=address, name=f"{label}:{name}", wait_s=wait_s)

    def written(name: str, branch: int):  # type: ignore[no-untyped-def]
        return node(name, "records.append", key=f"{label}:{branch}")

    nodes, edges = [body("begin", "look", 0, 0.1)], []
    for branch in range(BRANCHES):
        ids = [f"{kind}{branch}" for kind in ("look", "note", "pay", "more", "late", "last")]
        look, note, pay, more, late, last = ids
        nodes += [
            body(look, "look", 0.1, 0.5),
            written(note, branch),
            body(pay, "pay_keyed", 0.1, 0.5),
            body(more, "look", 0.1, 0.5),
            written(late, branch),
            # One branch ends in a payment without a key: cut off, it asks instead.
            body(last, "pay" if branch == 0 else "look", 0.1, 0.4),
            # At the same time, in one leg: a feed and a branch of files that the runs share.
            node(f"said{branch}", "feed.append", feed=f"{ROOM}/{branch}"),
            node(f"filed{branch}", "files.write_text", path=f"{label}/{branch}.txt"),
            # A document, a text and a fact: each in its own step, each in a shared place.
            node(f"kept{branch}", "records.put_document", collection="storm", body={"by": label}),
            node(f"told{branch}", "knowledge.remember", thread=f"{ROOM}/{branch}"),
            node(f"known{branch}", "knowledge.add_fact", predicate="came", object=label),
        ]
        edges += [
            f"begin > {look}", f"{look} > {note}.item", f"{note} > {pay}", f"{pay} > {more}",
            f"{more} > {late}.item", f"{late} > {last}",
            f"{more} > said{branch}.body", f"{more} > filed{branch}.text",
            f"{more} > kept{branch}.id", f"{more} > told{branch}.text",
            f"{more} > known{branch}.subject",
        ]  # fmt: skip
    side = f"side-{label}"
    nodes += [
        node("side", "files.branch", name=side),
        node("draft", "files.write_text", path=f"{label}/draft.txt"),
        node("merged", "files.merge"),
        node("end", "values.constant", value="done"),
    ]
    edges += ["begin > draft.text", "side > draft.branch", "draft > merged.source"]
    return flow(*nodes, edges=tuple(edges), outputs={"end": "end"})


class Storm:
    """One storm over one runtime."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._rng = random.Random(plan.seed)
        self.home = Home.open(folder / "home", {STATE_VARIABLE: str(folder / "state")})
        self.ledger = Ledger()
        self.runs: list[Watched] = []
        self.facts: list[Fact] = []
        self.kills: Counter[str] = Counter()
        self._socket = str(self.home.gateway_socket)
        self._http = httpx.Client(
            transport=httpx.HTTPTransport(uds=self._socket), base_url="http://gateway", timeout=20
        )

    def rage(self) -> None:
        """Kill everything that was planned while runs go on, then wait until all have ended."""
        with self.ledger:
            try:
                up(self.home, workers=self._plan.workers)
                self._rage()
                self._calm()
                self.facts = [self._fact(run) for run in self.runs]
            finally:
                down(self.home)

    def _rage(self) -> None:
        targets = (
            ["worker"] * self._plan.worker_kills
            + ["gateway"] * self._plan.gateway_kills
            + ["postgres"] * self._plan.postgres_kills
        )
        self._rng.shuffle(targets)
        for target in targets:
            while len(self._active()) < self._plan.at_once:
                self._start()
            time.sleep(self._rng.uniform(*self._plan.gap_s))
            self._answer()
            self._kill(target)

    def _calm(self) -> None:
        deadline = time.monotonic() + 120
        while self._active():
            assert time.monotonic() < deadline, f"still going: {self._active()}"
            self._answer()
            time.sleep(0.1)
        for run in self.runs:
            assert run.thread is not None
            run.thread.join(60)
            assert not run.thread.is_alive(), f"the reader of {run.run_id} never saw its end"

    def _active(self) -> list[Watched]:
        return [run for run in self.runs if run.thread and run.thread.is_alive()]

    def _start(self) -> None:
        label = f"L{len(self.runs):03}"
        module = ledger_module()
        code = {
            "module": module.name,
            "source": module.source,
            "signatures": [signature.model_dump(mode="json") for signature in module.signatures],
        }
        spec = drawn(self.ledger.address, label, self._rng)
        body = {"flow": spec.model_dump(mode="json", exclude_unset=True), "code": [code]}
        run_id = self._ask("POST", "/runs", body, {"Idempotency-Key": label})["run_id"]
        run = Watched(run_id, label)
        run.thread = threading.Thread(target=self._follow, args=(run,), daemon=True)
        self.runs.append(run)
        run.thread.start()

    def _follow(self, run: Watched) -> None:
        """Read the stream raw; after every loss, resume after the last event that came."""
        while True:
            after = run.seen[-1]["seq"] if run.seen else 0
            uri = f"ws://gateway{API}/runs/{run.run_id}/events?after={after}"
            try:
                with unix_connect(self._socket, uri, compression=None, open_timeout=5) as stream:
                    run.connections += 1
                    for frame in stream:
                        run.seen.append(json.loads(frame))
                        run.seen_at.append(time.monotonic())
                    if stream.close_code == 1000:
                        return
            except (OSError, EOFError, ConnectionClosed, InvalidHandshake, TimeoutError):
                pass
            time.sleep(0.1)

    def _ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Any:
        """The gateway or its database may be away just now; a person would try again too."""
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = self._http.request(method, API + path, json=body, headers=headers)
                if answer.status_code < 500:
                    assert answer.status_code < 400, answer.text
                    return answer.json()
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline, f"{method} {path} never got an answer"
            time.sleep(0.2)

    def _kill(self, target: str) -> None:
        # One in five dies in its cradle. Were it more, the supervisor would hold them back for ever
        # longer, and the storm would be a storm over workers that are not there.
        age_s = 0.0 if self._rng.random() < 0.2 else 1.25 * WELL_AFTER_S
        while not self._killed(target, age_s):
            time.sleep(0.3)  # still coming back from the last one

    def _killed(self, target: str, age_s: float) -> bool:
        found = status(self.home)
        if target == "worker":
            grown = datetime.now(UTC) - timedelta(seconds=age_s)
            running = [w for w in found.workers if w.state == "running"]
            living = [w for w in running if w.since and w.since <= grown]
            process = self._rng.choice(living) if living else None
        else:
            process = found.gateway if target == "gateway" else found.postgres
        if process is None or not process.pid:
            return False
        for run in self._active():
            run.kills[target] += 1
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.kills[target] += 1
        return True

    def _answer(self) -> None:
        """Have each payment that was cut off made again: a person has decided so."""
        for run in self._active():
            asked = sum(1 for event in run.seen if event["event"]["type"] == "human.requested")
            if asked <= run.answered:
                continue
            for question in self._ask("GET", f"/runs/{run.run_id}")["questions"]:
                if question["answer"] is None:
                    path = f"/runs/{run.run_id}/questions/{quote(question['id'])}/answer"
                    self._ask("POST", path, {"answer": "again"})
                    run.answered += 1

    def _fact(self, run: Watched) -> "Fact":
        detail = self._ask("GET", f"/runs/{run.run_id}")
        with psycopg.connect(self.home.database_url) as connection:
            records = connection.execute(
                "SELECT key, value, revision FROM pai.record WHERE key LIKE %s ORDER BY key",
                (f"{run.label}:%",),
            ).fetchall()
            said = [body for (body,) in connection.execute(_SAID, (ROOM, run.run_id))]
            filed = [paths for (paths,) in connection.execute(_FILED, (run.run_id,))]
            kept = connection.execute(_KEPT, (run.run_id,)).fetchall()
            told = [text for (text,) in connection.execute(_TOLD, (run.run_id,))]
            known = [subject for (subject,) in connection.execute(_KNOWN, (run.run_id,))]
            steps = connection.execute(_STEPS, (run.run_id,)).fetchall()
            touched = connection.execute(_TOUCHED, (run.run_id,)).fetchall()
        noted = zip(self.ledger.calls, self.ledger.times, strict=True)
        mine = [(name, at) for name, at in noted if name.startswith(f"{run.label}:")]
        return Fact(
            run,
            detail,
            [name for name, _ in mine],
            [at for _, at in mine],
            {key: (value, revision) for key, value, revision in records},
            sorted(said),
            sorted(filed),
            sorted(kept),
            sorted(told),
            sorted(known),
            Counter(node for (node,) in steps),
            Counter(touched),
            self._sealed(run.run_id),
        )

    def _sealed(self, run_id: str) -> bool:
        """Whether history holds just what was sealed; a run is sealed within seconds of its end."""
        deadline = time.monotonic() + 60
        while (found := self._ask("GET", f"/memory/history/verify?run={run_id}"))["n"] is None:
            assert time.monotonic() < deadline, f"{run_id} was never sealed"
            time.sleep(0.2)
        return bool(found["is_intact"])


_SAID = "SELECT body FROM pai.feed_entry WHERE starts_with(feed, %s) AND run = %s"
_FILED = """
SELECT f.path FROM pai.file f JOIN pai.file_commit c
    ON c.workspace = f.workspace AND c.line = f.line AND c.id = f.from_commit
WHERE c.run = %s
"""
_KEPT = """
SELECT id, rev FROM pai.doc_rev WHERE collection = 'storm' AND run = %s
"""
_TOLD = "SELECT text FROM pai.chunk WHERE run = %s AND kind = 'note'"
_KNOWN = """
SELECT f.subject FROM pai.knowledge_log l JOIN pai.fact f USING (workspace)
WHERE l.run = %s AND l.op = 'fact.added' AND f.id = l.fact
"""
_STEPS = "SELECT node FROM pai.step WHERE run = %s AND status = 'completed'"
_TOUCHED = """
SELECT node, layer FROM (
    SELECT DISTINCT s.node, t.layer, t.attempt FROM pai.step_touch t
    JOIN pai.step s USING (run, path, attempt)
    WHERE t.run = %s AND t.mode = 'write') AS written
"""


@dataclass(frozen=True)
class Fact:
    """All that is known of a run in the end: its record, and what was counted outside."""

    watched: Watched
    detail: dict[str, Any]
    calls: list[str]
    """In the order in which bodies made them."""
    called_at: list[float]
    records: dict[str, tuple[Any, int]]
    said: list[str]
    """What its steps said in the feed."""
    filed: list[str]
    """The paths that its commits put."""
    kept: list[tuple[str, int]]
    """Revisions of documents that it wrote."""
    told: list[str]
    """Texts that it had remembered."""
    known: list[str]
    """Subjects of the facts that it stated."""
    steps: Counter[str]
    """How often history says of each node that it completed."""
    touched: Counter[tuple[str, str]]
    """How many attempts of a node it says wrote in a layer."""
    is_intact: bool
    """History holds what was sealed when the run ended."""

    def repeated_after_record(self) -> int:
        """Bodies that ran although their step was recorded.

        Counted from outside: no call of a step may follow when a reader has seen that it
        completed; nor when something has begun that waits for its record. That is all but the
        reads after the first one: those may begin while its record is on its way.
        """
        first: dict[str, float] = {}
        last: dict[str, float] = {}
        for call, at in zip(self.calls, self.called_at, strict=True):
            name = call.partition(":")[2].partition("|")[0]
            first.setdefault(name, at)
            last[name] = at
        late = 0
        for event, seen_at in zip(self.watched.seen, self.watched.seen_at, strict=True):
            if event["event"]["type"] == "node.completed":
                late += last.get(event["node"], 0.0) > seen_at
        for branch in range(BRANCHES):
            called = [f"{kind}{branch}" for kind in ("look", "pay", "more", "last")]
            for before, after in itertools.pairwise(called):
                late += after in first and last[before] > first[after]
        return late

    def repeated_bodies(self) -> int:
        """Calls beyond the first of each body."""
        return sum(count - 1 for count in Counter(self.calls).values())

    def repeated_unexplained(self) -> int:
        """Repeated bodies beyond those that can have been in flight when something was killed.

        A branch has one body at work at a time, so a kill cuts off one a branch at most; besides,
        the first read may have ended without being recorded yet, when those after it had begun. A
        person who said "again" asked for one more. A gateway's death explains nothing: it runs no
        body.
        """
        kills = self.watched.kills["worker"] + self.watched.kills["postgres"]
        cut_off = (BRANCHES + 1) * kills
        over_the_run = max(0, self.repeated_bodies() - cut_off - self.watched.answered)
        allowed_each = 1 + kills + self.watched.answered
        over_a_body = sum(max(0, n - allowed_each) for n in Counter(self.calls).values())
        return max(over_the_run, over_a_body)

    def wrong_memory(self) -> list[str]:
        """Layers that do not hold just what the flow writes, written just once."""
        label = self.watched.label
        more = [f"{label}:more{branch}" for branch in range(BRANCHES)]
        wrong = []
        if self.kept != [(name, 1) for name in more]:
            wrong.append(f"kept {self.kept}")
        if self.told != more:
            wrong.append(f"told {self.told}")
        if self.known != more:
            wrong.append(f"known {self.known}")
        wrong += self._wrong_history()
        if self.said != more:
            wrong.append(f"said {self.said}")
        files = [f"{label}/{branch}.txt" for branch in range(BRANCHES)]
        draft = f"{label}/draft.txt"  # on its branch, and on the one that it was merged into
        if self.filed != [*files, draft, draft]:
            wrong.append(f"filed {self.filed}")
        for branch in range(BRANCHES):
            key = f"{self.watched.label}:{branch}"
            items = [f"{self.watched.label}:{kind}{branch}" for kind in ("look", "more")]
            if self.records.get(key) != (items, 2):
                wrong.append(f"{key} = {self.records.get(key)}")
        return wrong

    def _wrong_history(self) -> list[str]:
        """Steps and their writes that history does not tell of just once."""
        written = Counter(
            (f"{kind}{branch}", layer) for kind, layer in WRITES for branch in range(BRANCHES)
        )
        written += Counter((name, "files") for name in BRANCHED)
        wrong = [] if self.is_intact else ["history is not what was sealed"]
        if self.touched != written:
            wrong.append(f"touched {self.touched - written} {written - self.touched}")
        nodes = {
            "begin",
            *BRANCHED,
            "end",
            *(f"{kind}{b}" for kind in KINDS for b in range(BRANCHES)),
        }
        if self.steps != Counter(nodes):
            wrong.append(f"steps {self.steps}")
        return wrong

    def wrong_events(self) -> list[str]:
        """Gaps and doubles, as the reader saw them; steps that completed more than once."""
        seqs = [event["seq"] for event in self.watched.seen]
        wrong = [] if seqs == list(range(1, len(seqs) + 1)) else [f"positions {seqs}"]
        ends = Counter(
            event["node"]
            for event in self.watched.seen
            if event["event"]["type"] == "node.completed"
        )
        return wrong + [
            f"{node} completed {count} times" for node, count in ends.items() if count > 1
        ]

    def keys_of(self, node: str) -> set[str]:
        """The idempotency keys that a keyed write was called with."""
        return {call for call in self.calls if call.startswith(f"{self.watched.label}:{node}|")}
