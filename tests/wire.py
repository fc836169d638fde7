"""A wire to Postgres that can be cut and stalled: a proxy between two unix sockets."""

import selectors
import socket
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

NAME = ".s.PGSQL.5432"


class Wire:
    """Passes bytes on between a socket of its own and the real one, as long as it is whole."""

    def __init__(self, database_url: str, folder: Path) -> None:
        parts = urlsplit(database_url)
        self._real = str(Path(parse_qs(parts.query)["host"][0]) / NAME)
        self.database_url = parts._replace(query=f"host={quote(str(folder))}").geturl()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / NAME))
        self._listening.listen(64)
        self._whole = threading.Event()
        self._whole.set()
        self._cut = False
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections, and let nobody through."""
        self._cut = True
        for end in self._ends:
            with suppress(OSError):  # closed already
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def mend(self) -> None:
        """Let people through again."""
        self._cut = False

    def stall(self) -> None:
        """Pass nothing on, and break nothing: as when packets get lost."""
        self._whole.clear()

    def flow(self) -> None:
        """Pass on again, what was held back first."""
        self._whole.set()

    def close(self) -> None:
        """No more."""
        self._listening.close()
        self.flow()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self._cut:
                near.close()
                continue
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._real)
            self._ends += [near, far]
            threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as ready, near, far:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in ready.select():
                    try:
                        data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                        self._whole.wait()
                        if not data:
                            return
                        key.data.sendall(data)
                    except OSError:
                        return
