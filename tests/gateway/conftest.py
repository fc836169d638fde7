import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, unix_connect

from persistentai_lab.client.unix import over
from persistentai_lab.storage.home import Home
from tests import ports
from tests.forking import CLI, REPOSITORY, Started, fork
from tests.runtime import Runtime, until

API = "/persistentai/api/v1"


class Gateway:
    """The real `persistentai serve`, on a unix socket or on TCP."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder
        self._environment = os.environ | {
            "PERSISTENTAI_HOME": str(folder / "home"),
            "PERSISTENTAI_DATABASE_URL": database_url,
            "PYTHONPATH": str(REPOSITORY),
        }
        self.home = Home.open(folder / "home", self._environment)
        self.socket = str(self.home.gateway_socket)
        self._processes: list[Started] = []
        # Timeouts are for a hung test, not a measurement.
        self.http = httpx.Client(
            transport=over(self.socket), base_url=f"http://gateway{API}", timeout=60
        )
        self.stranger = httpx.Client(
            transport=over(self.socket), base_url="http://gateway", timeout=60
        )
        """Asks below no prefix, as those do who know no more than an address."""

    def start(self, *arguments: str) -> Started:
        """Start one, by default on the home's socket, and wait until it answers."""
        by_socket = not arguments
        with (self._folder / "gateway.log").open("ab") as log:
            process = fork(
                *(CLI, "serve", *(("--uds", self.socket) if by_socket else arguments)),
                environment=self._environment,
                folder=self._folder,
                output=log,
            )
        self._processes.append(process)
        if by_socket:
            until(self._answers, "the gateway answers")
        return process

    def _answers(self) -> bool:
        try:
            return self.http.get("/health").status_code == 200
        except httpx.TransportError:
            return False

    def follow(self, run: str, after: int = 0, **options: Any) -> ClientConnection:
        """A WebSocket on a run's events."""
        uri = f"ws://gateway{API}/runs/{run}/events?after={after}"
        return unix_connect(self.socket, uri, compression=None, **{"open_timeout": 60, **options})

    def stop(self) -> None:
        """Kill whatever still runs."""
        self.http.close()
        self.stranger.close()
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.fixture
def gateway(tmp_path: Path, database_url: str) -> Iterator[Gateway]:
    gateway = Gateway(tmp_path, database_url)
    yield gateway
    gateway.stop()


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with Runtime(tmp_path, database_url) as runtime:
        yield runtime


@pytest.fixture
def free_port() -> int:
    return ports.free_port()
