"""The process that keeps a runtime's other processes running."""

import asyncio
import fcntl
import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ..storage.embedded import EmbeddedPostgres
from ..storage.home import DATABASE_VARIABLE, HOME_VARIABLE, STATE_VARIABLE, Home
from ..storage.log import bound
from ..storage.process import Process, arguments, sessions_with, strays_with
from ..uncaught import tell_of
from . import notes
from .child import Child, end
from .database import Database
from .model import ProcessStatus, Record, Seen
from .spec import GATEWAY, ChildSpec, Specs, runtime_specs

RUNTIME_VARIABLE = "PERSISTENTAI_RUNTIME"
NAME_VARIABLE = "PERSISTENTAI_PROCESS"
_TIDY_S = 10.0
_LOCK_PATIENCE_S = 2.0

log = logging.getLogger(__name__)


class Supervisor:
    """Runs Postgres, the gateway and the workers of one home until it is told to stop.

    Nothing dies with it: if it is killed, its children go on, and the next one takes them over.
    """

    def __init__(self, home: Home, specs: Specs = runtime_specs) -> None:
        self._home = home
        self._specs = specs
        self._children: dict[str, Child] = {}
        self._database: Database | None = None
        if home.external_database_url is None:
            self._database = Database(EmbeddedPostgres(home), changed=self._note)
        self._stopping = asyncio.Event()
        self._began = datetime.now(UTC)

    async def run(self) -> bool:
        """Keep everything running until SIGTERM or SIGINT, then stop all in order.

        Returns:
            False if this home has a supervisor already.
        """
        with self._alone() as is_alone:
            if not is_alone:
                return False
            self._listen()
            self._note()
            try:
                await self._start()
                await self._stopping.wait()
            finally:
                await self._stop()
        return True

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        deadline = time.monotonic() + _LOCK_PATIENCE_S
        with self._home.supervisor_lock.open("w") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        yield False
                        return
                time.sleep(0.05)
            yield True

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._reconcile_soon)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    async def _start(self) -> None:
        self._tidying = tell_of(asyncio.create_task(self._tidy(), name="tidying logs"))
        if self._database:
            self._database.keep()
            awaited = (self._stopping.wait(), self._database.tried())
            first = [asyncio.ensure_future(one) for one in awaited]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            for one in first:
                one.cancel()
        if not self._stopping.is_set():
            await self._reconcile()

    async def _stop(self) -> None:
        log.info("stopping")
        self._tidying.cancel()
        workers = [child for name, child in self._children.items() if name != GATEWAY]
        await asyncio.gather(*(child.stop() for child in workers))
        if gateway := self._children.get(GATEWAY):
            await gateway.stop()
        if self._database:
            await self._database.stop()
        self._note(state="stopped")
        log.info("stopped")

    def _reconcile_soon(self) -> None:
        self._reconciling = tell_of(asyncio.create_task(self._reconcile(), name="reconciling"))

    async def _reconcile(self) -> None:
        """Bring what runs in line with what is wanted: start, take over, stop."""
        wanted = {spec.name: spec for spec in self._specs(self._home, notes.workers(self._home))}
        surplus = [self._children.pop(name) for name in set(self._children) - set(wanted)]
        await asyncio.gather(*(child.stop() for child in surplus))
        inherited = await self._take_over(wanted)
        for name, spec in wanted.items():
            if name not in self._children:
                self._children[name] = self._child(spec, inherited.get(name))
                self._children[name].keep()
        self._note()

    async def _take_over(self, wanted: dict[str, ChildSpec]) -> dict[str, Process]:
        """Living children of a supervisor before us: those to go on with. Ends the others."""
        taken: dict[str, Process] = {}
        others: list[tuple[str, Process]] = []
        for process, environment in sessions_with(RUNTIME_VARIABLE, self._home.key).items():
            name = environment.get(NAME_VARIABLE, "")
            if name in self._children or process.pid == os.getpid():
                continue
            is_same = name in wanted and arguments(process) == wanted[name].argv
            if is_same and name not in taken:
                taken[name] = process
                log.info("%s goes on as %d", name, process.pid)
            else:
                others.append((name, process))
        # What a child started in a session of its own bears the child's name: not to be touched.
        surplus = [process for name, process in others if name not in taken]
        await asyncio.gather(*(end(process, 5.0) for process in surplus))
        for stray in strays_with(RUNTIME_VARIABLE, self._home.key):
            stray.send(signal.SIGKILL)
        return taken

    def _child(self, spec: ChildSpec, process: Process | None) -> Child:
        environment = {
            **os.environ,
            HOME_VARIABLE: str(self._home.path),
            STATE_VARIABLE: str(self._home.state_dir),
            DATABASE_VARIABLE: self._home.database_url,
            RUNTIME_VARIABLE: self._home.key,
            NAME_VARIABLE: spec.name,
            "PYTHONUNBUFFERED": "1",
        }
        return Child(
            spec,
            log_file=self._home.log_file(spec.name),
            environment=environment,
            changed=self._note,
            process=process,
        )

    async def _tidy(self) -> None:
        while True:
            for path in self._home.logs.glob("*.log"):
                bound(path)
            if self._database:
                bound(EmbeddedPostgres(self._home).log)
            await asyncio.sleep(_TIDY_S)

    def _note(self, state: str = "running") -> None:
        """Write down what we know, for `status` and for our successor."""
        me = Process.find(os.getpid())
        status = ProcessStatus.model_validate(
            {"name": "supervisor", "state": state, "pid": os.getpid(), "since": self._began}
        )
        record = Record(
            supervisor=Seen(status=status, started=me.started if me else ""),
            postgres=self._database.seen if self._database else None,
            children={name: child.seen for name, child in self._children.items()},
        )
        try:
            notes.write(self._home, record)
        except OSError as error:  # a full disk is no reason to stop
            log.error("cannot write down what I know: %s", error)
