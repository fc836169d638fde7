"""How quickly things begin, and begin again. All processes are real.

    python bench/latency.py [--runs 50] [--kills 7]

- POST → the worker's first event and the first step, by their own time and as a reader of the
  WebSocket sees them, with an idle worker.
- CPU of an idle worker.
- kill -9 of the only worker → its successor's first step.
- kill -9 of one of two workers, with nobody to start it again → the other one's first step.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import unix_connect

sys.path.insert(0, str(Path(__file__).parent.parent))

from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.storage.home import STATE_VARIABLE, Home
from persistentai_lab.supervisor import down, status, up
from tests.runtime import flow, node

API = "/persistentai/api/v1"


class Asking(HTTPConnection):
    """A client that costs next to nothing: httpx takes 2 CPU-ms a request of those measured."""

    def __init__(self, path: str) -> None:
        super().__init__("gateway", timeout=60)
        self._path = path

    def connect(self) -> None:
        """Over a unix socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)

    def post(self, path: str, body: str) -> Any:
        """Post JSON; returns the JSON that comes back."""
        self.request("POST", API + path, body, {"Content-Type": "application/json"})
        return json.loads(self.getresponse().read())


class Lab:
    """A runtime to measure, over its socket."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.socket = str(home.gateway_socket)
        self.http = httpx.Client(
            transport=httpx.HTTPTransport(uds=self.socket),
            base_url=f"http://gateway{API}",
            timeout=60,
        )
        self._askers = threading.local()

    def start(self, spec: FlowSpec) -> str:
        body = f'{{"flow": {spec.model_dump_json()}}}'
        return str(self._asker().post("/runs", body)["run_id"])

    def _asker(self) -> "Asking":
        """Each thread has a connection of its own, kept open."""
        if not hasattr(self._askers, "one"):
            self._askers.one = Asking(self.socket)
        return self._askers.one  # type: ignore[no-any-return]

    def follow(self, run: str, after: int = 0) -> Iterator[dict]:  # type: ignore[type-arg]
        uri = f"ws://gateway{API}/runs/{run}/events?after={after}"
        with unix_connect(self.socket, uri, compression=None) as stream:
            for frame in stream:
                yield json.loads(frame)

    def until(self, run: str, kind: str, after: int = 0) -> dict:  # type: ignore[type-arg]
        return next(e for e in self.follow(run, after) if e["event"]["type"] == kind)


@contextmanager
def lab(workers: int) -> Iterator[Lab]:
    folder = Path(tempfile.mkdtemp(prefix="pai-latency-"))
    folder.chmod(0o755)
    home = Home.open(folder / "home", {STATE_VARIABLE: str(folder / "state")})
    up(home, workers=workers)
    try:
        yield Lab(home)
    finally:
        down(home)


def one_step() -> FlowSpec:
    return flow(node("a", "time.wait", seconds=0, value=1))


def long_chain() -> FlowSpec:
    nodes = [node("n0", "time.wait", seconds=0.3, value=0)]
    nodes += [node(f"n{i}", "time.wait", seconds=0.3) for i in range(1, 40)]
    return flow(*nodes, edges=tuple(f"n{i - 1} > n{i}.value" for i in range(1, 40)))


def first_event(lab: Lab, runs: int, kind: str = "run.started") -> tuple[list[float], list[float]]:
    """Milliseconds from the POST until the first event of a kind: when it was, and was seen.

    When it was is what the event itself says, by the same clock; it is seen when it is recorded,
    hinted at, read and sent to a reader who connects after the POST came back.
    """
    was, seen = [], []
    for _ in range(runs):
        time.sleep(0.05)
        began = time.time()
        event = lab.until(lab.start(one_step()), kind)
        seen.append((time.time() - began) * 1e3)
        was.append((datetime.fromisoformat(event["at"]).timestamp() - began) * 1e3)
    return was, seen


def idle_cpu(pid: int, seconds: float = 15.0) -> float:
    """Percent of a core."""

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(seconds)
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds * 100


def after_kill(lab: Lab, kills: int, *, alone: bool) -> list[float]:
    """Seconds from the kill to the next step of whoever goes on."""
    found = []
    for _ in range(kills):
        run = lab.start(long_chain())
        seen = 0
        worker = ""
        for event in lab.follow(run):
            seen = event["seq"]
            if event["event"]["type"] == "node.completed" and event["node"] == "n1":
                break
            worker = event["event"].get("worker", worker)
        number = int(worker.rpartition("-")[2])
        pid = worker_pid(lab, number)
        supervisor = status(lab.home).supervisor.pid
        if not alone and supervisor:
            os.kill(supervisor, signal.SIGSTOP)  # nobody starts the dead one again
        began = time.perf_counter()
        os.kill(pid, signal.SIGKILL)
        recovered = lab.until(run, "run.recovered", seen)
        lab.until(run, "node.started", recovered["seq"])
        found.append(time.perf_counter() - began)
        if not alone and supervisor:
            os.kill(supervisor, signal.SIGCONT)
        lab.http.post(f"/runs/{run}/cancel")
        time.sleep(6)  # all well again
    return found


def worker_pid(lab: Lab, slot: int) -> int:
    import psycopg

    with psycopg.connect(lab.home.database_url) as connection:
        row = connection.execute("SELECT pid FROM pai.worker WHERE slot = %s", (slot,)).fetchone()
    assert row is not None
    return int(row[0])


def say(what: str, values: list[float], unit: str) -> None:
    ordered = sorted(values)
    p90 = ordered[int(len(ordered) * 0.9) - 1] if len(ordered) > 1 else ordered[0]
    print(
        f"{what:58} p50 {statistics.median(values):8.2f} {unit}   p90 {p90:8.2f}"
        f"   max {ordered[-1]:8.2f}   n {len(values)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--kills", type=int, default=7)
    given = parser.parse_args()
    with lab(workers=1) as one:
        time.sleep(3)
        first_event(one, 5)
        for kind, what in (("run.started", "worker's first event"), ("node.started", "first step")):
            was, seen = first_event(one, given.runs, kind)
            say(f"POST → {what} starts", was, "ms")
            say(f"POST → {what} at the reader", seen, "ms")
        cpu = idle_cpu(worker_pid(one, 1))
        print(f"{'idle worker':58}     {cpu:8.2f} % of a core")
        say(
            "kill -9 of the only worker → first new step",
            after_kill(one, given.kills, alone=True),
            "s",
        )
    with lab(workers=2) as two:
        time.sleep(3)
        taken = after_kill(two, given.kills, alone=False)
        say("kill -9 of one of two → first new step of the other", taken, "s")
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
