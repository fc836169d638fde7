"""Requests over a unix socket, which is closed also when nobody listens there."""

import socket
from collections.abc import Iterable

import httpcore
import httpx
from httpcore._backends.sync import SyncStream

_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20)


class _Backend(httpcore.SyncBackend):
    """httpcore's own leaves a socket that it could not connect to the collector."""

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(timeout)
            line.connect(path)
        except OSError as error:
            line.close()
            is_late = isinstance(error, TimeoutError)
            raise (httpcore.ConnectTimeout if is_late else httpcore.ConnectError)(error) from error
        return SyncStream(line)


def over(path: str) -> httpx.HTTPTransport:
    """A transport whose connections go to the socket at `path`."""
    made = httpx.HTTPTransport(verify=False)  # nothing is encrypted: no certificates to load
    made._pool = httpcore.ConnectionPool(
        uds=path,
        max_connections=_LIMITS.max_connections,
        max_keepalive_connections=_LIMITS.max_keepalive_connections,
        keepalive_expiry=_LIMITS.keepalive_expiry,
        network_backend=_Backend(),
    )
    return made
