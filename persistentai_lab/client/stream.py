"""A run's events, live, in order, without gap or double, whatever happens to the connection."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from ..errors import LabError, RuntimeDown, Unavailable
from .problem import error_from_problem
from .transport import Transport, is_loopback
from .wire import RunEvent, read

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

REFUSED = (4403, 4404)
ENDED_WELL = 1000
PAGE = 500
POLL_S = 0.5


class _NoWebSocket(Exception):
    """Something between us and the gateway lets only plain requests through."""


class EventStream:
    """Iterates over the events of a run from a position on, until the run ends.

    Reconnects by itself and goes on after the last event it gave out. Where WebSockets do not get
    through, it polls.

    Args:
        transport: The gateway.
        run_id: The run.
        after: Position after which to begin.
        patience_s: How long the gateway may be away before `RuntimeDown` is raised.
        on_lost: Called with the trouble each time the connection is lost.
    """

    def __init__(
        self,
        transport: Transport,
        run_id: str,
        *,
        after: int = 0,
        patience_s: float = 60.0,
        on_lost: Callable[[LabError], None] | None = None,
    ) -> None:
        self.seq = after
        """Position of the last event given out."""
        self._transport = transport
        self._path = f"/runs/{run_id}/events"
        self._patience_s = patience_s
        self._on_lost = on_lost or (lambda trouble: None)
        self._connection: ClientConnection | None = None
        self._closing = threading.Event()
        self._events = self._follow()

    def __iter__(self) -> Iterator[RunEvent]:
        return self

    def __next__(self) -> RunEvent:
        return next(self._events)

    def close(self) -> None:
        """End the iteration, also from another thread."""
        self._closing.set()
        if self._connection is not None:
            self._connection.close()

    def _follow(self) -> Iterator[RunEvent]:
        """Read until the run ends; after each loss, wait a little and begin again."""
        session: Callable[[], Iterator[RunEvent]] = self._stream
        losses = _Losses(self._patience_s)
        while not self._closing.is_set():
            try:
                for event in session():
                    losses.forget()
                    yield event
                return
            except _NoWebSocket:
                session = self._poll
            except Unavailable as trouble:
                self._on_lost(trouble)
                self._closing.wait(losses.pause(trouble))

    def _stream(self) -> Iterator[RunEvent]:
        """One WebSocket, until it is closed. Returns at the run's end, raises when it is lost."""
        from websockets.exceptions import ConnectionClosed

        self._connection = connection = self._connect()
        with _closed_after(connection):
            if self._closing.is_set():  # while we were connecting, when there was nothing to close
                return
            while True:
                try:
                    frame = connection.recv()
                except (ConnectionClosed, OSError):  # OSError: closed while we were answering
                    break
                yield from self._fresh(json.loads(frame))
        code = connection.close_code
        if code == ENDED_WELL or self._closing.is_set():
            return
        if code in REFUSED:
            self._probe()
        raise self._transport.address.down(f"the stream was closed ({code})")

    def _poll(self) -> Iterator[RunEvent]:
        """Ask again and again, until the run's last event."""
        while not self._closing.is_set():
            page = self._transport.get(self._path, {"after": self.seq, "limit": PAGE})["events"]
            for item in page:
                for event in self._fresh(item):
                    yield event
                    if event.is_last:
                        return
            if not page:
                self._closing.wait(POLL_S)

    def _fresh(self, item: Any) -> Iterator[RunEvent]:
        event = read(RunEvent, item)
        if event.seq > self.seq:
            self.seq = event.seq
            yield event

    def _connect(self) -> "ClientConnection":
        from websockets.exceptions import InvalidHandshake, InvalidStatus
        from websockets.sync.client import connect, unix_connect

        address = self._transport.address
        if address.is_absent():
            raise address.down()
        uri = f"{address.websocket}{self._path}?after={self.seq}"
        options: dict[str, Any] = {
            "additional_headers": address.headers(),
            "compression": None,
            "max_size": None,  # an event is as large as the gateway says
            "legacy": True,  # one connection, one object; reconnecting is ours
            "close_timeout": 1.0,
        }
        try:
            if address.socket is not None:
                connection = unix_connect(str(address.socket), uri, **options)
            else:
                options["proxy"] = None if is_loopback(address.url) else True
                connection = connect(uri, **options)
        except InvalidStatus as error:
            raise self._refused(error.response.status_code, error.response.body) from None
        except (InvalidHandshake, EOFError) as error:
            raise address.down(str(error)) from None
        except OSError as error:  # TimeoutError too
            raise address.down(error.strerror or str(error)) from None
        return cast("ClientConnection", connection)

    def _refused(self, status: int, body: bytes | bytearray) -> Exception:
        try:
            problem = json.loads(body)
        except ValueError:
            self._probe()
            return _NoWebSocket()
        return error_from_problem(status, problem)

    def _probe(self) -> None:
        """Ask the same by a plain request, which raises what is wrong in our words."""
        self._transport.get(self._path, {"after": self.seq, "limit": 1})


@contextmanager
def _closed_after(connection: "ClientConnection") -> Iterator[None]:
    """Close it in the end, unless Python itself ends: its thread stands still by then, for ever."""
    try:
        yield
    finally:
        if not sys.is_finalizing():
            connection.close()


class _Losses:
    """Counts lost connections in a row, and waits longer after each."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self.forget()

    def forget(self) -> None:
        self._since: float | None = None
        self._pause_s = 0.05

    def pause(self, trouble: Unavailable) -> float:
        """How long to wait now; raises when patience is at its end."""
        now, pause_s = time.monotonic(), self._pause_s
        if self._since is None:
            self._since = now
        if now + pause_s > self._since + self._patience_s:
            raise RuntimeDown(trouble.message, remedy=trouble.remedy) from None
        self._pause_s = min(pause_s * 2, 2.0)
        return pause_s
