"""The sockets that a gateway listens on, and a WebSocket that is patient, but not for ever."""

import os
import socket
from asyncio import TimerHandle
from pathlib import Path

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ..errors import Unavailable

TOO_SLOW = 4408
"""Close code: the reader didn't read. It may come back and resume after the last event it has."""
PATIENCE_S = 10.0
"""How long a reader's buffers may stay full."""
LAST_CHANCE_S = 5.0
"""How long it may still fetch what was buffered, and the close code behind it."""


class PatientWebSocket(WebSocketsSansIOProtocol):
    """Closes readers that never read, which nothing above can: their buffers take no close frame.

    Until then nothing more is written for such a reader, so its buffer is bounded.
    """

    _running_out: TimerHandle | None = None

    def pause_writing(self) -> None:
        """The reader's buffers are full."""
        super().pause_writing()
        self._running_out = self.loop.call_later(PATIENCE_S, self._give_up)

    def resume_writing(self) -> None:
        """It reads again."""
        self._calm()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._calm()
        super().connection_lost(exc)

    def _calm(self) -> None:
        if self._running_out is not None:
            self._running_out.cancel()
            self._running_out = None

    def _give_up(self) -> None:
        if self.transport.is_closing() or self.close_sent:
            return
        self.conn.send_close(TOO_SLOW, "you read too slowly: resume after the last event you have")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": TOO_SLOW})
        self.transport.close()
        self.loop.call_later(LAST_CHANCE_S, self.transport.abort)


def listen_on_path(path: Path) -> socket.socket:
    """A unix socket that only its owner can reach. One left over by a dead gateway is replaced."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    except OSError as error:
        raise Unavailable(
            f"The gateway can't listen on {str(path)!r}: {error.strerror or error}.",
            remedy="Set PERSISTENTAI_HOME to a folder that you may write to.",
        ) from error
    finally:
        os.umask(before)
    return listening


def listen_on_port(host: str, port: int) -> socket.socket:
    """A TCP socket. Raises `Unavailable` when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        raise Unavailable(
            f"The gateway can't listen on {host}:{port}: {error.strerror or error}.",
            remedy="Choose another one with --port, or stop what listens there.",
        ) from error
    return listening
