"""What any test may ask for: a home of its own, and a fresh database on a shared real Postgres."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from persistentai_lab.engine.legs import migrate
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.home import STATE_VARIABLE, Home
from persistentai_lab.storage.process import Process
from persistentai_lab.supervisor import control

# A deadline measures the machine, not the code: tests share their cores with each other. What is
# tried is the same each time, so that a change is judged and not chance;
# `HYPOTHESIS_PROFILE=search` looks for what nobody has tried yet.
settings.register_profile("lab", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "lab"))


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a module shares is made once: the tests that share it stay in one process."""
    for item in items:
        if isinstance(item, pytest.Function) and not item.get_closest_marker("xdist_group"):
            fixtures = item._fixtureinfo.name2fixturedefs.values()
            if any(found[-1].scope == "module" for found in fixtures):
                item.add_marker(pytest.mark.xdist_group(item.path.stem))


_UNSAFE_AND_FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A fresh home, as short-lived as the test."""
    return Home.open(tmp_path / "home", {STATE_VARIABLE: str(tmp_path / "state")})


@pytest.fixture(scope="session")
def session_lock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Who holds it is alone among the processes of this test session."""
    return _session_folder(tmp_path_factory) / "session.lock"


@pytest.fixture(scope="session")
def shared_folder(session_lock: Path) -> Iterator[Path]:
    """One folder for all processes of this test session, removed by the last of them.

    Not below pytest's own: as root those are closed to the user that runs Postgres.
    """
    key = hashlib.sha256(str(session_lock).encode()).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()) / f"pai-tests-{os.geteuid()}-{key}"
    users = folder / "users"
    with _locked(session_lock):
        _sweep(except_for=folder)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        with users.open("a") as stream:
            stream.write(f"{os.getpid()}\n")
    yield folder
    with _locked(session_lock):
        others = {int(pid) for pid in users.read_text().split()} - {os.getpid()}
        users.write_text("".join(f"{pid}\n" for pid in others if Process.find(pid)))
        if not users.read_text():
            _shared_server(folder).stop()
            shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(shared_folder: Path, session_lock: Path) -> EmbeddedPostgres:
    """One real Postgres for all processes of this test session."""
    server = _shared_server(shared_folder)
    with _locked(session_lock):
        server.start()
    return server


def _shared_server(folder: Path) -> EmbeddedPostgres:
    home = Home.open(folder / "home", {STATE_VARIABLE: str(folder / "state")})
    return EmbeddedPostgres(home, settings=_UNSAFE_AND_FAST)


@pytest.fixture(scope="session")
def make_database(postgres: EmbeddedPostgres, session_lock: Path) -> Callable[[], str]:
    """Makes one more migrated database and returns its URL. Dropped with the server."""
    folder = postgres.home.path.parent
    with _locked(session_lock):
        if not (folder / "template").exists():
            _run(postgres, "CREATE DATABASE pai_template")
            migrate(_url(postgres, "pai_template"))
            (folder / "template").touch()

    def make() -> str:
        name = f"t_{uuid.uuid4().hex[:12]}"
        _run(postgres, "CREATE DATABASE {} TEMPLATE pai_template", name)
        return _url(postgres, name)

    return make


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, make_database: Callable[[], str]) -> Iterator[str]:
    """A fresh migrated database of the test's own."""
    url = make_database()
    yield url
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    _run(postgres, "DROP DATABASE {} WITH (FORCE)", str(name))


def _run(server: EmbeddedPostgres, statement: str, *names: str) -> None:
    query = sql.SQL(statement).format(*map(sql.Identifier, names))  # type: ignore[arg-type]
    with psycopg.connect(server.uri, dbname="postgres", autocommit=True) as connection:
        connection.execute(query)


def _url(server: EmbeddedPostgres, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(server.home.postgres_socket_dir))}"


def _sweep(except_for: Path) -> None:
    """Take away what sessions left behind that were killed."""
    for folder in except_for.parent.glob(f"pai-tests-{os.geteuid()}-*"):
        users = folder / "users"
        is_used = users.exists() and any(map(Process.find, map(int, users.read_text().split())))
        is_new = time.time() - folder.stat().st_mtime < 600
        if folder == except_for or is_used or is_new:
            continue
        for home in folder.glob("*/supervisor.lock"):
            state = {STATE_VARIABLE: str(folder / "state")}
            control.down(Home.open(home.parent, state))
        shutil.rmtree(folder, ignore_errors=True)


def _session_folder(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
