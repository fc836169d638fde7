"""One child: started or taken over, watched, and started again when it dies."""

import asyncio
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..storage.log import tail
from ..storage.process import Process
from ..uncaught import tell_of
from .backoff import Backoff
from .model import ProcessStatus, Seen, State
from .spec import ChildSpec

_ASK_WHILE_STARTING_S = 0.1
_ASK_S = 5.0
_SLOW_START_S = 30.0

log = logging.getLogger(__name__)


class Child:
    """Keeps the process of one `ChildSpec` running."""

    def __init__(
        self,
        spec: ChildSpec,
        *,
        log_file: Path,
        environment: Mapping[str, str],
        changed: Callable[[], None],
        process: Process | None = None,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            spec: What to run.
            log_file: Where its output goes.
            environment: Of the process.
            changed: Called whenever `seen` changes.
            process: One that a supervisor before us started, to go on with.
        """
        self.spec = spec
        self._log_file = log_file
        self._environment = dict(environment)
        self._changed = changed
        self._process = process
        self._popen: subprocess.Popen[bytes] | None = None
        self._backoff = Backoff()
        self._well_since: float | None = None
        self._status = ProcessStatus(name=spec.name, state="stopped")
        self._keeping: asyncio.Task[None] | None = None

    @property
    def seen(self) -> Seen:
        """What it is doing, and which process it is."""
        return Seen(status=self._status, started=self._process.started if self._process else "")

    def keep(self) -> None:
        """Begin to keep it running."""
        self._keeping = tell_of(asyncio.create_task(self._keep(), name=f"keeping {self.spec.name}"))

    async def stop(self) -> None:
        """Ask it to end, wait for its grace, then end it and whatever it started."""
        if self._keeping:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping
        if process := self._process:
            await end(process, self.spec.grace_s)
            self._bury(process)
        self._say("stopped")

    async def _keep(self) -> None:
        while True:
            begun, logged = time.monotonic(), self._log_size()
            process = self._process or self._spawn()
            if process:
                self._process = process
                await self._watch(process, begun)
                reason = self._bury(process)
            else:
                reason = f"cannot be started: {self.spec.argv[0]!r}"
            await self._back_off(reason, logged)

    def _spawn(self) -> Process | None:
        try:
            with self._log_file.open("ab") as stream:
                self._popen = subprocess.Popen(
                    self.spec.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=stream,
                    cwd=self._log_file.parent.parent,
                    env=self._environment,
                    start_new_session=True,  # our death and our terminal are not its own
                )
        except OSError as error:
            log.error("%s: %s", self.spec.name, error)
            return None
        log.info("%s runs as %d", self.spec.name, self._popen.pid)
        return Process.find(self._popen.pid) or Process(self._popen.pid, started="")

    async def _watch(self, process: Process, begun: float) -> None:
        """Ask after its health until it is gone."""
        self._say("starting", process)
        gone = asyncio.ensure_future(process.gone())
        try:
            while not gone.done():
                state, complaint = await self._examine(process, begun)
                if not gone.done():
                    self._say(state, process, complaint)
                pause = _ASK_WHILE_STARTING_S if state == "starting" else _ASK_S
                await asyncio.wait({gone}, timeout=pause)
        finally:
            gone.cancel()

    async def _examine(self, process: Process, begun: float) -> tuple[State, str]:
        if process.is_stopped():
            return "not_answering", "stopped by a signal"
        complaint = await asyncio.to_thread(self.spec.health, process.pid)
        if not complaint:
            self._well_since = self._well_since or time.monotonic()
            return "running", ""
        is_new = self._status.state == "starting" and time.monotonic() - begun < _SLOW_START_S
        return ("starting" if is_new else "not_answering"), complaint

    def _bury(self, process: Process) -> str:
        """End what it left behind and say how it went."""
        self._process = None
        end_group(process)
        popen, self._popen = self._popen, None
        if popen is None:
            return "ended"
        code = popen.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    async def _back_off(self, reason: str, logged: int) -> None:
        well_s = time.monotonic() - self._well_since if self._well_since else 0.0
        self._well_since = None
        delay = self._backoff.after_death(well_s)
        lines = tuple(tail(self._log_file, since=logged).splitlines())
        again = f"starts again in {delay:g} s" if delay else "starts again now"
        often = f", {self._backoff.deaths} times in a row" if self._backoff.deaths > 1 else ""
        log.warning("%s %s%s; %s", self.spec.name, reason, often, again)
        self._status = self._status.model_copy(
            update={"restarts": self._status.restarts + 1, "log": lines}
        )
        self._say("backing_off", detail=f"{reason}{often}; {again}")
        await asyncio.sleep(delay)

    def _log_size(self) -> int:
        with suppress(OSError):
            return self._log_file.stat().st_size
        return 0

    def _say(self, state: State, process: Process | None = None, detail: str = "") -> None:
        old = self._status
        pid = process.pid if process else None
        if (old.state, old.pid, old.detail) == (state, pid, detail):
            return
        update: dict[str, object] = {"state": state, "pid": pid, "detail": detail}
        if (old.state, old.pid) != (state, pid):
            update["since"] = datetime.now(UTC)
        self._status = old.model_copy(update=update)
        self._changed()


async def end(process: Process, grace_s: float) -> None:
    """Ask a process to end; after its grace it is ended."""
    process.send(signal.SIGTERM)
    process.send(signal.SIGCONT)  # one that was stopped could not hear
    try:
        await asyncio.wait_for(process.gone(), grace_s)
    except TimeoutError:
        process.send(signal.SIGKILL)
        await process.gone()
    end_group(process)


def end_group(leader: Process) -> None:
    """End what a process that is gone had started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader.pid, signal.SIGKILL)
