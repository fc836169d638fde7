"""The embedded Postgres of a home: started, found again, brought back and stopped by its programs.

Nothing is kept in memory. What is true is read from the data folder and from the operating system,
so any process may ask, and a server that outlived its starter is taken over, not fought.
"""

import fcntl
import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from ..errors import Unavailable
from .binaries import Binaries, find_account, find_binaries
from .home import DATABASE_NAME, DATABASE_USER, DATABASE_VARIABLE, HOME_VARIABLE, Home
from .log import complaints
from .process import Process, working_in

_NEEDS_BYTES = 200 * 1024**2
_PASSING = ("pre-existing shared memory block", "lock file", "another postmaster")
"""Complaints at start that end by themselves, once what a killed server left has gone."""

_DEATHS_AT_START = 3
_SYNC = "syncfs" if sys.platform == "linux" else "fsync"
"""How a whole cluster is made safe, at its making and at a recovery: in one call where there is one
(on a busy disk a thousand calls, one a file, take ten times as long)."""

_REMEDIES = {
    "No space left on device": "Free some disk space; nothing that was acknowledged is lost.",
    "incompatible with server": "It was made by another PostgreSQL: dump it with that one, or set "
    f"{HOME_VARIABLE} to a new folder.",
    "has invalid permissions": f"Set {HOME_VARIABLE} to a folder on a local disk.",
    "Operation not permitted": "Start with the right to change users, or as an ordinary user.",
    "could not bind": "Remove the socket file it names.",
}


@dataclass(frozen=True, slots=True)
class PostgresStatus:
    """What can be seen of the embedded Postgres at this moment."""

    state: Literal["running", "starting", "stopped", "not_answering"]
    pid: int | None
    version: str | None
    detail: str = ""


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One Postgres cluster in the folder of a home, reached over a unix socket only."""

    home: Home
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further server settings. Durability is on unless a test turns it off here."""
    timeout_s: float = 60.0
    """How long a start may take, a recovery after a crash included."""

    @property
    def uri(self) -> str:
        """How to reach it."""
        return self.home.embedded_database_url

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home.cluster_dir / "data"

    @property
    def log(self) -> Path:
        """The server's own log. As root it lies with the cluster, where its user may write."""
        as_root = os.geteuid() == 0
        return self.home.cluster_dir / "postgres.log" if as_root else self.home.log_file("postgres")

    def start(self) -> str:
        """Start it, or find that it runs; make the cluster and the database if they are new.

        Raises:
            Unavailable: It does not come up. Says why and what to do.
        """
        with self._alone():
            for _ in range(_DEATHS_AT_START):
                if self.pid() is None:
                    self._initialise()
                    self._launch()
                if self._answers():
                    self._create_database()
                    return self.uri
        raise _unavailable("Postgres dies again and again while it starts", complaints(self.log))

    def ensure(self) -> str:
        """Start it if it is dead. Cheap if it is not."""
        return self.uri if self.is_accepting() else self.start()

    def stop(self, grace_s: float = 10.0) -> None:
        """Stop it cleanly; if it won't, without grace (the next start recovers). Idempotent."""
        if not self.data.exists():
            return
        with self._alone():
            server = self._server()
            if server is not None:
                server.send(signal.SIGCONT)
                server.send(signal.SIGINT)  # Postgres's "fast" shutdown
                if not server.wait(grace_s):
                    server.send(signal.SIGQUIT)
                if not server.wait(5.0):
                    server.send(signal.SIGKILL)
                    server.wait(5.0)
            self._end_leftovers(grace_s=2.0)

    def pid(self) -> int | None:
        """The pid of the living server, or None."""
        server = self._server()
        return server.pid if server else None

    def process(self) -> Process | None:
        """The living server process, or None."""
        return self._server()

    def is_accepting(self) -> bool:
        """Whether it answers a query now."""
        server = self._server()
        return server is not None and not server.is_stopped() and not self._ask().complaint

    def status(self) -> PostgresStatus:
        """What is true now: asks the operating system and the server itself."""
        server = self._server()
        if server is None:
            return PostgresStatus("stopped", None, None)
        if server.is_stopped():
            return PostgresStatus("not_answering", server.pid, None, "stopped by a signal")
        answer = self._ask()
        if not answer.complaint:
            return PostgresStatus("running", server.pid, answer.version)
        if "starting up" in answer.complaint or "recovery" in answer.complaint:
            return PostgresStatus("starting", server.pid, None, answer.complaint)
        return PostgresStatus("not_answering", server.pid, None, answer.complaint)

    @cached_property
    def _binaries(self) -> Binaries:
        found = find_binaries()
        account = find_account()
        if account is None:
            return found
        if not self.home.state_dir.exists():
            self.home.state_dir.mkdir(parents=True, exist_ok=True)
            self.home.state_dir.chmod(0o755)  # ours, and whatever the umask: its user passes here
        return found.copied_to(self.home.state_dir, account)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One starter or stopper at a time on this home, whatever the process."""
        deadline = time.monotonic() + self.timeout_s
        with (self.home.path / "postgres.lock").open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise Unavailable(
                            "Another process has been starting or stopping Postgres for too long.",
                            remedy=f"See what holds {lock.name!r}.",
                        ) from None
                time.sleep(0.02)
            yield

    def _server(self) -> Process | None:
        try:
            first = (self.data / "postmaster.pid").read_text().partition("\n")[0]
            process = Process.find(int(first))
        except (OSError, ValueError):
            return None
        return process if process and self._is_ours(process) else None

    def _is_ours(self, process: Process) -> bool:
        """Not just anybody who got the pid of a server that died."""
        try:
            return os.readlink(f"/proc/{process.pid}/cwd") == os.path.realpath(self.data)
        except FileNotFoundError:
            return process.is_alive()
        except OSError:
            return False

    def _ask(self) -> "_Answer":
        """Ask the server who it is, as a client would."""
        import psycopg

        try:
            with psycopg.connect(
                self.uri, dbname=DATABASE_USER, connect_timeout=2, autocommit=True
            ) as connection:
                connection.execute("SELECT 1")
                version = connection.info.server_version
        except psycopg.Error as error:
            return _Answer(complaint=str(error).strip() or type(error).__name__)
        return _Answer(version=f"{version // 10_000}.{version % 10_000}")

    def _initialise(self) -> None:
        """Make the cluster. A half-made one is never taken for one: it gets its name at the end."""
        if (self.data / "PG_VERSION").exists():
            return
        self._check_space()
        account = self._binaries.account
        cluster = self.home.cluster_dir
        half = cluster / "data.new"
        shutil.rmtree(half, ignore_errors=True)
        for folder in (cluster, half, self.home.postgres_socket_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if account:
                os.chown(folder, account.uid, account.gid)
        complaint = self._binaries.call(
            "initdb",
            *("--pgdata", str(half), "--username", DATABASE_USER, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
            *("--locale", "C", "--data-checksums", "--sync-method", _SYNC),
            timeout_s=self.timeout_s,
        )
        if complaint:
            shutil.rmtree(half, ignore_errors=True)
            raise _unavailable("Postgres could not make its data folder", complaint)
        half.rename(self.data)

    def _check_space(self) -> None:
        place = self.home.state_dir if self._binaries.account else self.home.path
        free = shutil.disk_usage(place).free
        if free < _NEEDS_BYTES:
            raise Unavailable(
                f"Only {free // 1024**2} MB are free in {str(place)!r}; Postgres needs "
                f"{_NEEDS_BYTES // 1024**2} MB to begin.",
                remedy=f"Free some disk space, or set {HOME_VARIABLE} to another disk.",
            )

    def _launch(self) -> None:
        """Start the server, as often as it takes for what a killed one left behind to go."""
        deadline = time.monotonic() + self.timeout_s
        while True:
            self._end_leftovers(grace_s=1.0)
            complaint = self._start_once(max(1.0, deadline - time.monotonic()))
            if not complaint:
                return
            passing = any(text in complaint for text in _PASSING)
            if not passing or time.monotonic() > deadline:
                raise _unavailable("Postgres does not start", complaint)
            time.sleep(0.1)

    def _start_once(self, timeout_s: float) -> str:
        if not self._binaries.account:
            _ = self.home.postgres_socket_dir  # made again if it was cleaned away
        before = self.log.stat().st_size if self.log.exists() else 0
        complaint = self._binaries.call(
            "pg_ctl",
            *("start", "--silent", "--wait", "--timeout", str(round(timeout_s) or 1)),
            *("--pgdata", str(self.data), "--log", str(self.log)),
            *("--options", self._options()),
            timeout_s=timeout_s + 5,
        )
        return complaint and (complaints(self.log, since=before) or complaint)

    def _options(self) -> str:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.home.postgres_socket_dir),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "cluster_name": DATABASE_NAME,
            "timezone": "UTC",
            "log_checkpoints": "off",
            "recovery_init_sync_method": _SYNC,
        } | dict(self.settings)
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())

    def _end_leftovers(self, grace_s: float) -> None:
        """See the backends of a killed server out, and clear its lock files when all are gone.

        They leave by themselves as soon as they look up from their work; SIGQUIT is Postgres's own
        way to say "at once". With nobody in the data folder, a `postmaster.pid` is stale even if
        its number belongs to another program by now, which Postgres itself cannot tell.
        """
        data = Path(os.path.realpath(self.data))
        deadline = time.monotonic() + grace_s
        while (leftovers := working_in(data)) and self._server() is None:
            if time.monotonic() > deadline:
                for process in leftovers:
                    process.send(signal.SIGQUIT)
                    process.send(signal.SIGCONT)
                if not all(process.wait(2.0) for process in leftovers):
                    for process in leftovers:
                        process.send(signal.SIGKILL)
            time.sleep(0.02)
        if not leftovers:
            self._clear_lock_files()

    def _clear_lock_files(self) -> None:
        """Remove the lock files of a server that is gone while its number still looks taken.

        It may be a zombie that nobody has collected, or another program's number by now.
        """
        lock = self.data / "postmaster.pid"
        try:
            number = int(lock.read_text().partition("\n")[0])
            os.kill(number, 0)
        except PermissionError:
            pass
        except (OSError, ValueError):
            return  # Postgres sees as much and clears up by itself
        lock.unlink(missing_ok=True)
        socket = self.home.postgres_socket_dir / ".s.PGSQL.5432"
        socket.with_name(f"{socket.name}.lock").unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Wait until it answers. False if it dies meanwhile (a killed one takes a moment to)."""
        deadline = time.monotonic() + self.timeout_s
        while server := self._server():
            if server.is_stopped():
                raise Unavailable(
                    "Postgres was stopped by a signal.", remedy=f"`kill -CONT {server.pid}`."
                )
            complaint = self._ask().complaint
            if not complaint:
                return True
            if time.monotonic() > deadline:
                raise _unavailable("Postgres runs but does not answer", complaint)
            time.sleep(0.05)
        return False

    def _create_database(self) -> None:
        import psycopg

        with psycopg.connect(self.uri, dbname=DATABASE_USER, autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if not connection.execute(query, [DATABASE_NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE_NAME}")


@dataclass(frozen=True, slots=True)
class _Answer:
    version: str = ""
    complaint: str = ""


def _unavailable(what: str, complaint: str) -> Unavailable:
    found = (remedy for text, remedy in _REMEDIES.items() if text in complaint)
    default = f"If it can't be cured, set {DATABASE_VARIABLE} to a PostgreSQL server of your own."
    return Unavailable(f"{what}: {complaint}", remedy=next(found, default))
