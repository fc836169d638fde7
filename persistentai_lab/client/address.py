"""Where the gateway listens, and what proves who we are there."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import RuntimeDown

API = "/persistentai/api/v1"

START_REMEDY = "Start it with `persistentai up`."


@dataclass(frozen=True, slots=True)
class Address:
    """One gateway: a unix socket on this machine, or a URL."""

    url: str = "http://localhost"
    """Scheme, host and prefix; over a socket only the prefix counts."""
    socket: Path | None = None
    token_file: Path | None = None
    """Read again for every request, because whoever wrote it refreshes it."""

    @property
    def http(self) -> str:
        """Root of the API for requests."""
        return self.url.rstrip("/") + API

    @property
    def websocket(self) -> str:
        """Root of the API for streams."""
        return "ws" + self.http.removeprefix("http")

    def headers(self) -> dict[str, str]:
        """Headers that say who asks."""
        if self.token_file is None:
            return {}
        try:
            return {"Authorization": f"Bearer {self.token_file.read_text().strip()}"}
        except FileNotFoundError:
            return {}

    def __str__(self) -> str:
        return str(self.socket) if self.socket else self.url

    def is_absent(self) -> bool:
        """Whether it is certain, without asking, that nothing listens there."""
        return self.socket is not None and not self.socket.exists()

    def down(self, detail: str = "") -> RuntimeDown:
        """The error for a gateway that nobody can reach."""
        why = f": {detail}" if detail else "."
        return RuntimeDown(f"The runtime does not answer at {self}{why}", remedy=self.remedy)

    @property
    def remedy(self) -> str:
        """What to do when nobody answers."""
        if self.socket is not None:
            return START_REMEDY
        return f"{START_REMEDY[:-1]}, or point PERSISTENTAI_URL at a runtime that is up."


def find_address(environ: Mapping[str, str] = os.environ) -> Address:
    """The gateway of this environment: `PERSISTENTAI_URL`, else the local runtime's socket.

    The URL is `http(s)://…` or `unix:/path/to/socket`; `PERSISTENTAI_TOKEN_FILE` holds the token.
    """
    token = environ.get("PERSISTENTAI_TOKEN_FILE")
    token_file = Path(token) if token else None
    url = environ.get("PERSISTENTAI_URL", "")
    if url.startswith("unix:"):
        return Address(
            socket=Path("/" + url.removeprefix("unix:").lstrip("/")), token_file=token_file
        )
    if url:
        return Address(url=url, token_file=token_file)

    from ..storage.home import Home

    home = Home.open(environment=environ)
    return Address(socket=home.gateway_socket, token_file=token_file or home.token_file)
