"""A runtime of small real programs: brought up, hurt in every way, and taken down.

The same file, run as a program, is the supervisor of that runtime.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from persistentai_lab.errors import RuntimeDown
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.home import DATABASE_VARIABLE, Home
from persistentai_lab.storage.process import Process, sessions_with, strays_with
from persistentai_lab.supervisor import control
from persistentai_lab.supervisor.model import ProcessStatus, Status
from persistentai_lab.supervisor.spec import GATEWAY, ChildSpec, ask_gateway
from persistentai_lab.supervisor.supervisor import RUNTIME_VARIABLE, Supervisor

GATEWAY_PROGRAM = """
import os, socketserver, sys
class Health(socketserver.StreamRequestHandler):
    def handle(self):
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
if os.path.exists(sys.argv[1]):
    os.unlink(sys.argv[1])
socketserver.UnixStreamServer(sys.argv[1], Health).serve_forever()
"""
WORKER_PROGRAM = """
import os, subprocess, sys, time
home = sys.argv[1]
if os.path.exists(f"{home}/broken"):
    sys.exit("the worker's code is broken")
open(f"{home}/beat-{os.getpid()}", "w").close()
subprocess.Popen(["sleep", "1000"])
time.sleep(1000)
"""
PYTHON = (sys.executable, "-I", "-S", "-c")


def small_specs(home: Home, workers: int) -> list[ChildSpec]:
    gateway = (*PYTHON, GATEWAY_PROGRAM, str(home.gateway_socket))
    worker = (*PYTHON, WORKER_PROGRAM, str(home.path))

    def beats(pid: int) -> str:
        return "" if (home.path / f"beat-{pid}").exists() else "does not beat"

    return [
        ChildSpec(GATEWAY, gateway, lambda _: ask_gateway(home)),
        *(ChildSpec(f"worker-{n}", worker, beats, grace_s=2.0) for n in range(1, workers + 1)),
    ]


class Runtime:
    """The runtime under test."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def up(self, workers: int | None = None) -> Status:
        command = (sys.executable, __file__)
        return control.up(self.home, workers, timeout_s=120, command=command, specs=small_specs)

    def down(self) -> Status:
        return control.down(self.home, specs=small_specs)

    def status(self) -> Status:
        return control.status(self.home, small_specs)

    def pids(self) -> dict[str, int | None]:
        return {found.name: found.pid for found in self.status().processes}

    def living(self) -> int:
        return len(sessions_with(RUNTIME_VARIABLE, self.home.key))

    def eventually(self, holds: Callable[[Status], bool]) -> Status:
        deadline = time.monotonic() + 60
        while not holds(found := self.status()):
            assert time.monotonic() < deadline, found.model_dump_json(indent=1)
            time.sleep(0.02)
        return found


@pytest.fixture
def runtime(tmp_path: Path, postgres: EmbeddedPostgres) -> Iterator[Runtime]:
    """Its database is somebody else's, which makes it quick."""
    runtime = Runtime(Home.open(tmp_path / "home", {DATABASE_VARIABLE: postgres.uri}))
    yield runtime
    runtime.down()
    assert runtime.living() == 0
    runtime.eventually(lambda _: not strays_with(RUNTIME_VARIABLE, runtime.home.key))


def kill(pid: int | None, number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal and wait until it has done its work: a busy machine may take a while."""
    process = Process.find(pid or 0)
    assert process
    process.send(number)
    if number == signal.SIGKILL:
        assert process.wait(60)
    while number == signal.SIGSTOP and not process.is_stopped():
        time.sleep(0.01)


def named(found: Status, name: str) -> ProcessStatus:
    return next(process for process in found.processes if process.name == name)


def test_up_waits_until_everything_answers(runtime: Runtime) -> None:
    found = runtime.up(workers=2)

    assert found.is_up
    assert [process.name for process in found.workers] == ["worker-1", "worker-2"]
    assert ask_gateway(runtime.home) == ""


def test_up_twice_changes_nothing(runtime: Runtime) -> None:
    runtime.up()
    before = runtime.pids()

    runtime.up()

    assert runtime.pids() == before


def test_two_who_bring_it_up_together_get_one_runtime(runtime: Runtime) -> None:
    code = (
        "import importlib.util, sys; from pathlib import Path\n"
        f"spec = importlib.util.spec_from_file_location('t', {__file__!r})\n"
        "t = importlib.util.module_from_spec(spec); spec.loader.exec_module(t)\n"
        f"home = t.Home.open(Path({str(runtime.home.path)!r}))\n"
        "print(t.Runtime(home).up().supervisor.pid)"
    )
    environment = os.environ | {DATABASE_VARIABLE: runtime.home.database_url}
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment)
        for _ in range(2)
    ]

    supervisors = {process.communicate()[0] for process in both}

    assert len(supervisors) == 1
    assert runtime.living() == 2


def test_status_is_plain_data(runtime: Runtime) -> None:
    runtime.up()

    data = json.loads(runtime.status().model_dump_json())

    assert data["gateway"]["pid"] == runtime.pids()[GATEWAY]
    assert data["workers"][0]["state"] == "running"


def test_the_number_of_workers_can_be_changed_while_it_runs(runtime: Runtime) -> None:
    before = runtime.up(workers=1).workers[0].pid

    assert len(runtime.up(workers=3).workers) == 3
    assert runtime.pids()["worker-1"] == before
    assert len(runtime.up(workers=1).workers) == 1
    runtime.eventually(lambda _: runtime.living() == 2)


@pytest.mark.parametrize("name", [GATEWAY, "worker-1"])
def test_what_dies_is_started_again(runtime: Runtime, name: str) -> None:
    runtime.up()
    before = runtime.pids()[name]

    kill(before)

    found = runtime.eventually(lambda found: found.is_up and named(found, name).pid != before)
    assert named(found, name).restarts == 1


def test_what_a_dead_worker_had_started_dies_with_it(runtime: Runtime) -> None:
    worker = runtime.up().workers[0].pid
    assert worker
    runtime.eventually(lambda _: len(_group(worker)) == 2)

    kill(worker)

    runtime.eventually(lambda _: not _group(worker))


def _group(leader: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-eo", "pgid,pid,stat"], capture_output=True, text=True, check=True
    )
    rows = [line.split() for line in found.stdout.splitlines()[1:]]
    return [int(pid) for group, pid, state in rows if int(group) == leader and state[0] != "Z"]


def test_a_worker_that_keeps_dying_is_held_back_and_its_words_are_shown(runtime: Runtime) -> None:
    runtime.up()
    (runtime.home.path / "broken").touch()

    kill(runtime.pids()["worker-1"])

    found = runtime.eventually(
        lambda found: found.workers[0].state == "backing_off" and found.workers[0].restarts >= 3
    ).workers[0]
    assert "ended with code 1" in found.detail
    assert "times in a row" in found.detail
    assert "the worker's code is broken" in "\n".join(found.log)
    assert found.pid is None

    (runtime.home.path / "broken").unlink()
    runtime.eventually(lambda found: found.is_up)


def test_quick_kills_are_answered_more_slowly_each_time(runtime: Runtime) -> None:
    """Until it is seen to be held back: on a slow machine the first waits are over too soon."""
    runtime.up()

    def held_back(found: Status) -> re.Match[str] | None:
        worker = found.workers[0]
        if worker.state == "running" and Process.find(worker.pid or 0):
            kill(worker.pid)
        told = r"killed by SIGKILL, ([3-9]) times in a row; starts again in (\d+) s"
        return re.search(told, worker.detail) if worker.state == "backing_off" else None

    told = held_back(runtime.eventually(lambda found: bool(held_back(found))))
    assert told
    assert int(told[2]) == 2 ** (int(told[1]) - 3)


def test_up_does_not_wait_for_what_will_never_come(runtime: Runtime) -> None:
    (runtime.home.path / "broken").touch()

    with pytest.raises(RuntimeDown) as caught:
        runtime.up()

    assert "worker-1: backing_off" in caught.value.message
    assert "the worker's code is broken" in caught.value.message
    assert "persistentai status" in caught.value.remedy


def test_a_process_that_was_stopped_by_a_signal_is_shown_as_such(runtime: Runtime) -> None:
    runtime.up()
    worker = runtime.pids()["worker-1"]

    kill(worker, signal.SIGSTOP)

    found = runtime.eventually(lambda found: found.workers[0].state == "not_answering")
    assert found.workers[0].detail == "stopped by a signal"
    assert found.workers[0].pid == worker
    kill(worker, signal.SIGCONT)
    runtime.eventually(lambda found: found.is_up)


def test_a_gateway_that_does_not_answer_is_shown_as_such(runtime: Runtime) -> None:
    runtime.up()

    runtime.home.gateway_socket.unlink()

    found = runtime.status().gateway
    assert found.state == "not_answering"
    assert "No such file" in found.detail


def test_a_killed_supervisor_stops_nothing(runtime: Runtime) -> None:
    runtime.up()
    before = runtime.pids()

    kill(before["supervisor"])

    runtime.eventually(lambda found: found.supervisor.state == "stopped")
    after = runtime.pids()
    assert after[GATEWAY] == before[GATEWAY]
    assert after["worker-1"] == before["worker-1"]
    assert "persistentai up" in runtime.status().supervisor.detail


def test_the_next_supervisor_takes_over_what_lives_and_restarts_what_died(runtime: Runtime) -> None:
    runtime.up()
    before = runtime.pids()
    kill(before["supervisor"])
    kill(before["worker-1"])

    after = {found.name: found.pid for found in runtime.up().processes}

    assert after[GATEWAY] == before[GATEWAY]
    assert after["supervisor"] != before["supervisor"]
    assert after["worker-1"] != before["worker-1"]
    assert runtime.living() == 2


def test_what_a_worker_left_behind_that_died_unwatched_is_ended(runtime: Runtime) -> None:
    found = runtime.up()
    worker = found.workers[0].pid
    assert worker
    runtime.eventually(lambda _: len(_group(worker)) == 2)
    kill(found.supervisor.pid)
    kill(worker)
    assert len(_group(worker)) == 1

    runtime.up()

    runtime.eventually(lambda _: not _group(worker))


def test_what_was_taken_over_is_watched_too(runtime: Runtime) -> None:
    runtime.up()
    kill(runtime.pids()["supervisor"])
    runtime.up()
    worker = runtime.pids()["worker-1"]

    kill(worker)

    runtime.eventually(lambda found: found.is_up and found.workers[0].pid != worker)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_down_stops_everything_whatever_became_of_the_supervisor(
    runtime: Runtime, number: signal.Signals
) -> None:
    runtime.up(workers=2)
    kill(runtime.pids()["supervisor"], number)

    found = runtime.down()

    assert {process.state for process in (found.supervisor, found.gateway)} == {"stopped"}
    assert runtime.living() == 0
    assert runtime.down() == found


def test_a_worker_that_does_not_listen_is_ended_after_its_grace(runtime: Runtime) -> None:
    runtime.up()
    worker = runtime.pids()["worker-1"]
    assert worker
    kill(worker, signal.SIGSTOP)

    runtime.down()

    assert Process.find(worker) is None


def test_status_of_a_home_where_nothing_ever_ran(runtime: Runtime) -> None:
    found = runtime.status()

    assert not found.is_up
    assert found.supervisor.state == "stopped"
    assert [worker.state for worker in found.workers] == ["stopped"]


if __name__ == "__main__":
    asyncio.run(Supervisor(Home.open(), small_specs).run())
