"""The embedded Postgres, kept running."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from ..errors import LabError
from ..storage.embedded import EmbeddedPostgres
from ..uncaught import tell_of
from .backoff import Backoff
from .model import ProcessStatus, Seen

_LOOK_S = 5.0

log = logging.getLogger(__name__)


class Database:
    """Starts Postgres, notices at once when it dies, and brings it back."""

    def __init__(self, server: EmbeddedPostgres, *, changed: Callable[[], None]) -> None:
        self._server = server
        self._changed = changed
        self._backoff = Backoff()
        self._status = ProcessStatus(name="postgres", state="stopped")
        self._tried = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def seen(self) -> Seen:
        """What it is doing."""
        return Seen(status=self._status)

    def keep(self) -> None:
        """Begin to keep it running."""
        self._keeping = tell_of(asyncio.create_task(self._keep(), name="keeping Postgres"))

    async def tried(self) -> None:
        """Wait until the first start has succeeded or failed."""
        await self._tried.wait()

    async def stop(self) -> None:
        """Stop it."""
        if self._keeping:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        await asyncio.to_thread(self._server.stop)
        self._say(state="stopped", pid=None, detail="")

    async def _keep(self) -> None:
        while True:
            well_since: float | None = None
            detail = "died"
            try:
                self._say(state="starting", pid=self._server.pid(), detail="")
                await asyncio.to_thread(self._server.ensure)
                well_since = time.monotonic()
                await self._watch()
            except LabError as error:
                detail = str(error)
            except OSError as error:
                detail = f"cannot be started: {error}"
            self._tried.set()
            delay = self._backoff.after_death(time.monotonic() - well_since if well_since else 0.0)
            log.warning("postgres: %s", detail)
            self._say(
                state="backing_off",
                pid=None,
                detail=f"{detail}; starts again {f'in {delay:g} s' if delay else 'now'}",
                restarts=self._status.restarts + 1,
            )
            await asyncio.sleep(delay)

    async def _watch(self) -> None:
        """Look at it now and then until it is gone."""
        process = self._server.process()
        if process is None:
            return
        log.info("postgres runs as %d", process.pid)
        self._say(state="running", pid=process.pid, detail="")
        self._tried.set()
        gone = asyncio.ensure_future(process.gone())
        try:
            while not (await asyncio.wait({gone}, timeout=_LOOK_S))[0]:
                found = await asyncio.to_thread(self._server.status)
                if found.pid == process.pid:
                    self._say(state=found.state, pid=found.pid, detail=found.detail)
        finally:
            gone.cancel()

    def _say(self, **update: object) -> None:
        old = self._status
        if (old.state, old.pid) != (update["state"], update["pid"]):
            update["since"] = datetime.now(UTC)
        self._status = old.model_copy(update=update)
        if self._status != old:
            self._changed()
