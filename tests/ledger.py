"""An outside counter: a server that bodies call, so that we need not be asked what they did."""

import socket
import socketserver
import threading
import time
from collections import Counter
from types import TracebackType


class Ledger:
    """Counts the names that bodies call in, each on its own connection to a loopback port."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.times: list[float] = []
        """When each was made, by this process's monotonic clock."""
        self._noting = threading.Lock()
        self._held: dict[str, tuple[int, threading.Event]] = {}
        ledger = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                name = self.rfile.readline().decode().strip()
                count = ledger.note(name)
                passing, released = ledger._held.get(name.partition("|")[0], (count, None))
                if released is not None and count > passing:
                    released.wait()
                self.wfile.write(b"noted\n")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Ledger":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def note(self, name: str) -> int:
        """Take a call down; the how many-th of this name it is."""
        with self._noting:
            self.calls.append(name)
            self.times.append(time.monotonic())
            return self.calls.count(name)

    def hold(self, *names: str, after: int = 0) -> None:
        """Let those that call these names in wait for their answer until `release`.

        The first calls, as many as `after` says, are answered at once. Of `name|key` the name
        counts. So a body is in the middle as long as a test wants, however slow the machine.
        """
        self._held |= {name: (after, threading.Event()) for name in names}

    def release(self, *names: str) -> None:
        """Answer those that wait, if any do; all of them, if no names are given."""
        for name in names or tuple(self._held):
            if name in self._held:
                self._held.pop(name)[1].set()

    def counts(self, prefix: str = "") -> Counter[str]:
        """How often each name was called."""
        return Counter(name for name in list(self.calls) if name.startswith(prefix))


def call(address: str, name: str) -> None:
    """Call a name in, and wait until it is noted."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{name}\n".encode())
        connection.makefile().readline()
