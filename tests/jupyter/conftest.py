"""A real Jupyter server with our extension, in front of a gateway's double on a unix socket."""

import importlib.util
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

# Here and not for all tests: the plugin runs every coroutine test it sees, other people's too.
from pytest_jupyter.jupyter_core import *  # noqa: F403
from pytest_jupyter.jupyter_server import *  # noqa: F403
from pytest_jupyter.pytest_tornasync import *  # noqa: F403

from persistentai_lab.jupyter import extension
from persistentai_lab.jupyter.runtime import Runtime


def _double():
    path = Path(__file__).parent / "asgi_double.py"
    spec = importlib.util.spec_from_file_location("asgi_double", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.app()


class Gateway:
    """The double, served for real; can be stopped in the middle."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        config = uvicorn.Config(
            _double(),
            uds=str(socket),
            log_level="error",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started:
            assert time.monotonic() < deadline, "the double did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(60)


@pytest.fixture(autouse=True)
def _own_environment() -> Iterator[None]:
    """The extension exports variables to kernels; a test must not export them to the next."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def connections_closed(jp_asyncio_loop, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server ends with its process, and its connections with it; here there is one a test."""
    made: list[Runtime] = []

    class Known(Runtime):
        def __init__(self, *given, **named) -> None:
            super().__init__(*given, **named)
            made.append(self)

    monkeypatch.setattr(extension, "Runtime", Known)
    yield
    for runtime in made:
        if "http" in vars(runtime):
            jp_asyncio_loop.run_until_complete(runtime.http.aclose())


@pytest.fixture
def socket(_own_environment: None) -> Iterator[Path]:
    folder = tempfile.mkdtemp(prefix="pai-test-", dir="/tmp")
    os.environ["PERSISTENTAI_HOME"] = folder + "/home"
    os.environ["PERSISTENTAI_URL"] = f"unix:{folder}/gateway.sock"
    yield Path(folder) / "gateway.sock"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def jp_server_config(socket: Path) -> dict:
    return {
        "ServerApp": {"jpserver_extensions": {"persistentai_lab.jupyter": True}},
        "PersistentAILab": {"start_runtime": False},
    }


@pytest.fixture
def gateway(socket: Path) -> Iterator[Gateway]:
    double = Gateway(socket)
    double.start()
    yield double
    double.stop()
