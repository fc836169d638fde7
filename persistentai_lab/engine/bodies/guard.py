"""Keeps a person's own functions off the network unless they declare that they use it.

This is a promise kept for code that one trusts, so that a flow says what it touches: it sees what
Python's own sockets do, not what a C library does by itself. It is no wall. Other people's code
runs in a sandbox (`security.sandbox`), which is one.
"""

import socket
import sys

from ...errors import NodeError

_EVENTS = {
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "socket.sendmsg",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.getnameinfo",
}


class NetworkRefused(NodeError):
    """A function used the network without having declared that it does."""

    code = "network_refused"


class Guard:
    """Watches this process's sockets. An audit hook cannot be removed, so it can be opened."""

    def __init__(self) -> None:
        self.is_open = True
        self.name = ""
        self._is_hooked = False

    def close(self, name: str) -> None:
        """Refuse the network from now on, to whoever is named."""
        self.name, self.is_open = name, False
        if not self._is_hooked:
            sys.addaudithook(self._look)
            self._is_hooked = True

    def _look(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_open or event not in _EVENTS:
            return
        line = arguments[0]
        if isinstance(line, socket.socket) and line.family not in (
            socket.AF_INET,
            socket.AF_INET6,
        ):
            return
        raise NetworkRefused(
            f"{self.name} uses the network, and does not say that it does.",
            remedy="Declare it: `@pai.block(network=True)`.",
        )


GUARD = Guard()
"""The one of this process."""
