"""What people do with a runtime: bring it up, take it down, ask how it is."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from ..errors import RuntimeDown
from ..storage.embedded import EmbeddedPostgres
from ..storage.home import (
    DATABASE_VARIABLE,
    FILES_VARIABLE,
    HOME_VARIABLE,
    STATE_VARIABLE,
    Home,
)
from ..storage.log import tail
from ..storage.process import HAS_PROC, Process, sessions_with, strays_with
from . import notes
from .child import end_group
from .model import ProcessStatus, Record, Seen, Status
from .spec import GATEWAY, Specs, runtime_specs
from .supervisor import NAME_VARIABLE, RUNTIME_VARIABLE

SUPERVISE = (sys.executable, "-m", "persistentai_lab.supervisor")
_LOW_DISK_BYTES = 500 * 1024**2
_STEADY_FAILURES = 3
_GRACE_S = 40.0


def up(
    home: Home,
    workers: int | None = None,
    *,
    timeout_s: float = 180.0,
    command: Sequence[str] = SUPERVISE,
    specs: Specs = runtime_specs,
) -> Status:
    """Start the runtime of `home` unless it runs, and wait until flows can run.

    Args:
        home: Whose runtime.
        workers: How many (None: as many as before, at first one). Changes a runtime that runs.
        timeout_s: How long to wait for what is merely slow; what fails again and again is told at
            once.
        command: The supervisor's command.
        specs: What that command supervises.

    Raises:
        RuntimeDown: It does not come up. Says which process has what trouble; those that can run
            go on, and the supervisor goes on trying.
    """
    deadline = time.monotonic() + timeout_s
    with _alone(home):
        if workers is not None:
            notes.want_workers(home, workers)
        if supervisor := _supervisor(home):
            supervisor.send(signal.SIGHUP)
    wanted = {spec.name for spec in specs(home, notes.workers(home))}
    while not _is_ready(home, wanted):
        _launch_unless_there(home, command)
        _give_up_on_steady_failure(home, specs)
        if time.monotonic() > deadline:
            raise _down(status(home, specs), f"is not up after {timeout_s:g} s")
        time.sleep(0.05)
    return status(home, specs)


def down(home: Home, *, specs: Specs = runtime_specs) -> Status:
    """Stop the runtime of `home`, whatever of it still lives. Idempotent.

    Workers first, then the gateway, then Postgres; a run that is under way goes on at the next
    `up`.
    """
    with _alone(home):
        if supervisor := _supervisor(home):
            supervisor.send(signal.SIGTERM)
            supervisor.send(signal.SIGCONT)
            if not supervisor.wait(_GRACE_S):
                supervisor.send(signal.SIGKILL)
                supervisor.wait(5.0)
        _end_orphans(home)
        if home.external_database_url is None:
            EmbeddedPostgres(home).stop()
    return status(home, specs)


def status(home: Home, specs: Specs = runtime_specs) -> Status:
    """How the runtime of `home` is now: looks at each process and asks it."""
    record = notes.read(home)
    known = record.children if record else {}
    wanted = {spec.name: spec for spec in specs(home, notes.workers(home))}
    children = []
    for name in [*wanted, *(set(known) - set(wanted))]:
        found = _look(known.get(name) or Seen(status=ProcessStatus(name=name, state="stopped")))
        if found.state == "running" and name in wanted and found.pid:
            complaint = wanted[name].health(found.pid)
            if complaint:
                found = _changed(found, state="not_answering", detail=complaint)
        if name in wanted or found.pid:
            children.append(found)
    by_name = {found.name: found for found in children}
    gateway = by_name.pop(GATEWAY, ProcessStatus(name=GATEWAY, state="stopped"))
    return Status(
        home=str(home.path),
        supervisor=_look_at_supervisor(record, children),
        postgres=_look_at_postgres(home, record),
        gateway=gateway,
        workers=tuple(by_name.values()),
        problems=tuple(_problems(home)),
    )


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """One `up` or `down` decides at a time."""
    with (home.path / "control.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _supervisor(home: Home) -> Process | None:
    record = notes.read(home)
    return _living(record.supervisor) if record else None


def _living(seen: Seen) -> Process | None:
    if seen.status.pid is None:
        return None
    process = Process(seen.status.pid, seen.started)
    return process if process.is_alive() else None


def _launch_unless_there(home: Home, command: Sequence[str]) -> None:
    if not _supervisor(home):
        with _alone(home):
            if not _supervisor(home):
                _launch(home, command)


def _launch(home: Home, command: Sequence[str]) -> None:
    """Start a supervisor that outlives us, and wait until it has taken charge."""
    log = home.log_file("supervisor")
    before = log.stat().st_size if log.exists() else 0
    with log.open("ab") as stream:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=home.path,
            env=_environment(home),
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # no zombie if we live longer
    while not _supervisor(home):
        if Process.find(process.pid) is None:
            raise RuntimeDown(
                f"The supervisor ended at once: {tail(log, since=before)}",
                remedy=f"Its log is {str(log)!r}.",
            )
        time.sleep(0.02)


def _environment(home: Home) -> dict[str, str]:
    ours = {HOME_VARIABLE: str(home.path), STATE_VARIABLE: str(home.state_dir)}
    if home.external_database_url:
        ours[DATABASE_VARIABLE] = home.external_database_url
    not_ours = {RUNTIME_VARIABLE, NAME_VARIABLE, DATABASE_VARIABLE}
    kept = {name: value for name, value in os.environ.items() if name not in not_ours}
    return {FILES_VARIABLE: os.getcwd()} | kept | ours


def _is_ready(home: Home, wanted: set[str]) -> bool:
    record = notes.read(home)
    if record is None or set(record.children) != wanted or not _living(record.supervisor):
        return False
    seen = [*record.children.values(), *([record.postgres] if record.postgres else [])]
    return all(found.status.state == "running" for found in seen)


def _give_up_on_steady_failure(home: Home, specs: Specs) -> None:
    """Waiting longer won't help a process that has died three times since we began."""
    record = notes.read(home)
    seen = [*record.children.values(), record.postgres] if record else []
    for found in seen:
        if (
            found
            and found.status.state == "backing_off"
            and found.status.restarts >= _STEADY_FAILURES
        ):
            raise _down(status(home, specs), "does not come up")


def _down(found: Status, what: str) -> RuntimeDown:
    troubled = [process for process in found.processes if process.state != "running"]
    lines = []
    for process in troubled:
        lines.append(f"  {process.name}: {process.state} {process.detail}".rstrip())
        lines += [f"    {line}" for line in process.log]
    lines += [f"  {problem}" for problem in found.problems]
    return RuntimeDown(
        f"The runtime in {found.home!r} {what}:\n" + "\n".join(lines) + "\n",
        remedy="It goes on trying: `persistentai status` says how it is, "
        "`persistentai down` stops it. Its logs are in the folder `logs` there.",
    )


def _end_orphans(home: Home) -> None:
    """End what a killed supervisor left behind: workers first."""
    left = _orphans(home)
    for is_gateway in (False, True):
        group = [process for process, name in left.items() if (name == GATEWAY) is is_gateway]
        for process in group:
            process.send(signal.SIGTERM)
            process.send(signal.SIGCONT)
        deadline = time.monotonic() + 10.0
        for process in group:
            if not process.wait(max(0.0, deadline - time.monotonic())):
                process.send(signal.SIGKILL)
                process.wait(5.0)
            end_group(process)
    for stray in strays_with(RUNTIME_VARIABLE, home.key):
        stray.send(signal.SIGKILL)


def _orphans(home: Home) -> dict[Process, str]:
    if HAS_PROC:
        found = sessions_with(RUNTIME_VARIABLE, home.key)
        return {process: ours.get(NAME_VARIABLE, "") for process, ours in found.items()}
    record = notes.read(home)
    seen = record.children if record else {}
    return {process: name for name, one in seen.items() if (process := _living(one))}


def _look(seen: Seen) -> ProcessStatus:
    """What became of a process since the supervisor wrote about it."""
    found = seen.status
    if found.pid is None:
        return found
    process = _living(seen)
    if process is None:
        return _changed(found, state="stopped", pid=None)
    if process.is_stopped():
        return _changed(found, state="not_answering", detail="stopped by a signal")
    return found


def _look_at_supervisor(record: Record | None, children: list[ProcessStatus]) -> ProcessStatus:
    if record is None:
        return ProcessStatus(name="supervisor", state="stopped")
    found = _look(record.supervisor)
    if found.state == "stopped" and any(child.pid for child in children):
        detail = "it was killed; what it started goes on, and `persistentai up` takes it over"
        return _changed(found, state="stopped", pid=None, detail=detail)
    return found


def _look_at_postgres(home: Home, record: Record | None) -> ProcessStatus:
    seen = record.postgres.status if record and record.postgres else None
    old = seen or ProcessStatus(name="postgres", state="stopped")
    if home.external_database_url:
        return _look_at_external(home.external_database_url)
    now = EmbeddedPostgres(home).status()
    if now.state == "stopped" and old.state == "backing_off" and _supervisor(home):
        return old
    if now.state == "running" and not old.detail and old.pid == now.pid:
        return old
    return _changed(old, state=now.state, pid=now.pid, detail=now.detail)


def _look_at_external(url: str) -> ProcessStatus:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        detail = str(error).strip()
        return ProcessStatus(name="postgres", state="not_answering", detail=detail)
    return ProcessStatus(name="postgres", state="running", detail=f"at {DATABASE_VARIABLE}")


def _changed(old: ProcessStatus, **update: object) -> ProcessStatus:
    if update.get("state") != old.state:
        update.setdefault("since", datetime.now(UTC) if update.get("pid") else None)
    update.setdefault("detail", "")
    return old.model_copy(update=update)


def _problems(home: Home) -> Iterator[str]:
    for place in {home.path, home.cluster_dir if home.cluster_dir.exists() else home.path}:
        free = shutil.disk_usage(place).free
        if free < _LOW_DISK_BYTES:
            yield f"Only {free // 1024**2} MB are free in {str(place)!r}: free some disk space."
