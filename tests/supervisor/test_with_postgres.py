"""The supervisor and its embedded Postgres, for real.

The same file, run as a program, is the supervisor.
"""

import asyncio
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from persistentai_lab.errors import RuntimeDown
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.home import STATE_VARIABLE, Home
from persistentai_lab.storage.migrate import migrate
from persistentai_lab.storage.process import Process
from persistentai_lab.supervisor import control
from persistentai_lab.supervisor.model import Status
from persistentai_lab.supervisor.spec import ChildSpec, ask_worker
from persistentai_lab.supervisor.supervisor import Supervisor

SLEEP = (sys.executable, "-I", "-S", "-c", "import time; time.sleep(1000)")


def one_worker(home: Home, workers: int) -> list[ChildSpec]:
    return [ChildSpec("worker-1", SLEEP)]


@pytest.fixture
def home(shared_folder: Path) -> Iterator[Home]:
    state = {STATE_VARIABLE: str(shared_folder / "state")}
    home = Home.open(shared_folder / uuid.uuid4().hex[:8], state)
    yield home
    control.down(home, specs=one_worker)
    assert EmbeddedPostgres(home).pid() is None


def up(home: Home) -> Status:
    return control.up(home, command=(sys.executable, __file__), specs=one_worker, timeout_s=120)


def status(home: Home) -> Status:
    return control.status(home, one_worker)


def eventually(home: Home, holds: Callable[[Status], bool]) -> Status:
    deadline = time.monotonic() + 60
    while not holds(found := status(home)):
        assert time.monotonic() < deadline, found.model_dump_json(indent=1)
        time.sleep(0.02)
    return found


def kill(pid: int | None, number: signal.Signals = signal.SIGKILL) -> None:
    process = Process.find(pid or 0)
    assert process
    process.send(number)
    assert number != signal.SIGKILL or process.wait(60)


def test_up_brings_a_database_and_down_takes_it_away(home: Home) -> None:
    found = up(home)

    assert found.postgres.state == "running"
    with psycopg.connect(home.database_url) as connection:
        assert connection.info.dbname == "persistentai"
    assert control.down(home, specs=one_worker).postgres.state == "stopped"


def test_postgres_is_brought_back_and_the_workers_are_left_alone(home: Home) -> None:
    before = up(home)

    kill(before.postgres.pid)

    found = eventually(
        home,
        lambda found: (
            found.postgres.state == "running" and found.postgres.pid != before.postgres.pid
        ),
    )
    assert found.postgres.restarts == 1
    assert found.workers == before.workers


def test_postgres_goes_on_without_its_supervisor_and_is_taken_over(home: Home) -> None:
    before = up(home)
    kill(before.supervisor.pid)

    after = up(home)

    assert after.postgres.pid == before.postgres.pid
    assert after.workers[0].pid == before.workers[0].pid


def test_down_stops_postgres_although_the_supervisor_is_dead(home: Home) -> None:
    kill(up(home).supervisor.pid)

    found = control.down(home, specs=one_worker)

    assert {process.state for process in found.processes} == {"stopped"}


def test_a_stopped_postgres_is_shown_as_such(home: Home) -> None:
    pid = up(home).postgres.pid
    kill(pid, signal.SIGSTOP)

    found = eventually(home, lambda found: found.postgres.detail == "stopped by a signal").postgres

    assert (found.state, found.pid) == ("not_answering", pid)
    kill(pid, signal.SIGCONT)
    eventually(home, lambda found: found.postgres.state == "running")


def test_a_database_that_cannot_start_is_said_by_up(home: Home) -> None:
    server = EmbeddedPostgres(home)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("15\n")

    with pytest.raises(RuntimeDown, match="incompatible with server"):
        up(home)


def test_a_worker_is_well_while_its_heart_beats(home: Home) -> None:
    up(home)
    pid = os.getpid()
    assert ask_worker(home, pid) == "has not made its tables yet"
    migrate(home.database_url)
    assert ask_worker(home, pid) == "has not reported yet"

    beat = "INSERT INTO pai.worker (slot, executor, pid, host, status) VALUES (1, 'w', %s, %s, %s)"
    with psycopg.connect(home.database_url, autocommit=True) as connection:
        connection.execute(beat, [pid, os.uname().nodename, "alive"])
        assert ask_worker(home, pid) == ""
        connection.execute("UPDATE pai.worker SET beat_at = now() - interval '1 minute'")
        assert ask_worker(home, pid) == "has not been heard of for 5 s"

    control.down(home, specs=one_worker)
    assert ask_worker(home, pid).startswith("cannot be seen")


if __name__ == "__main__":
    asyncio.run(Supervisor(Home.open(), one_worker).run())
