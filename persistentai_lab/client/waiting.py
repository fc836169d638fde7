"""Waiting for the end of a run: to a deadline, or until told to stop."""

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

from ..errors import LabError, StillRunning
from ..ids import RunId
from .stream import EventStream
from .wire import RunDetail, RunEvent

if TYPE_CHECKING:
    from .client import Client


class Watcher(Protocol):
    """Is told what happens while one waits."""

    def begin(self, run: RunDetail) -> None:
        """The run as it stands. Said again when the waiting begins anew."""
        ...

    def take(self, event: RunEvent) -> None:
        """An event passes by."""
        ...

    def lost(self, trouble: LabError) -> None:
        """The connection is gone; it will be made again."""
        ...


class Waiting:
    """One wait for one run. Holds nothing but a connection; the run does not notice.

    Args:
        client: The runtime.
        run_id: The run.
        watcher: Who wants to know what happens meanwhile.
    """

    def __init__(self, client: "Client", run_id: str, watcher: Watcher | None = None) -> None:
        self._client = client
        self._run_id = run_id
        self._watcher = watcher
        self._stopped = threading.Event()
        self._stream: EventStream | None = None

    def until_ended(self, timeout: float | None = None) -> RunDetail:
        """Wait for the end.

        Raises:
            StillRunning: The time is up, or `stop` was called.
        """
        began = time.monotonic()
        alarm = None
        if timeout is not None:
            alarm = threading.Timer(timeout, self.stop)
            alarm.daemon = True
            alarm.start()
        try:
            seq = 0
            while not (run := self._client.run(self._run_id)).is_ended:
                if self._stopped.is_set():
                    waited = time.monotonic() - began
                    raise StillRunning(RunId(self._run_id), run.status, round(waited, 1))
                if self._watcher is not None:
                    self._watcher.begin(run)
                seq = self._read_on(seq)
            return run
        finally:
            if alarm is not None:
                alarm.cancel()

    def aside(self, timeout: float | None = None) -> RunDetail:
        """Wait for the end in a thread of its own, so that Ctrl-C gives up at once.

        Unwinding the connection in the interrupted thread could wait for ever: Ctrl-C in the middle
        of a join leaves the lock of the thread taken (Python 3.11).

        Raises:
            StillRunning: The time is up, or `stop` was called.
        """
        outcome: Future[RunDetail] = Future()

        def wait() -> None:
            try:
                outcome.set_result(self.until_ended(timeout))
            except Exception as error:  # noqa: BLE001 - handed to whoever waits
                outcome.set_exception(error)

        threading.Thread(target=wait, daemon=True).start()
        try:
            return outcome.result()
        except KeyboardInterrupt:
            threading.Thread(target=self.stop, daemon=True).start()
            raise

    def stop(self) -> None:
        """Wait no longer. Any thread may say so."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.close()

    def _read_on(self, seq: int) -> int:
        watcher = self._watcher
        on_lost = watcher.lost if watcher is not None else None
        self._stream = stream = self._client.follow(self._run_id, after=seq, on_lost=on_lost)
        if self._stopped.is_set():
            stream.close()
        try:
            for event in stream:
                if watcher is not None:
                    watcher.take(event)
        finally:
            stream.close()
        if stream.seq == seq:  # it ended without news: look again, but not at once
            self._stopped.wait(0.1)
        return stream.seq
