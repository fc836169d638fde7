import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from persistentai_lab import supervisor
from persistentai_lab.client import Address, Client
from persistentai_lab.storage.home import DATABASE_VARIABLE, HOME_VARIABLE, Home
from tests.client.gateway_double import GatewayDouble, serving


@pytest.fixture
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayDouble]:
    with serving(tmp_path_factory.mktemp("gw")) as double:
        yield double


@pytest.fixture
def client(gateway: GatewayDouble) -> Iterator[Client]:
    with Client(Address(socket=gateway.socket), patience_s=2.0) as client:
        yield client


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who needs the runtime is in one process: to start one costs as much as twenty tests."""
    for item in items:
        is_ours = Path(__file__).parent in item.path.parents
        if is_ours and "live" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("live"))


@pytest.fixture(scope="package")
def place(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with a real runtime, and the environment in which it is found."""
    folder = tmp_path_factory.mktemp("live")
    environment = {
        HOME_VARIABLE: str(folder / "home"),
        DATABASE_VARIABLE: make_database(),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(folder / "jupyter"),
    }
    with inherited(environment):
        supervisor.up(Home.open(), workers=1)
    shutil.copy(Path(__file__).parent / "lab_flows.py", folder)
    try:
        yield folder, environment
    finally:
        with inherited(environment):
            supervisor.down(Home.open())


@contextmanager
def inherited(environment: dict[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.delenv("PERSISTENTAI_URL", raising=False)
        yield


@pytest.fixture(scope="module")
def live(place: tuple[Path, dict[str, str]]) -> Iterator[Path]:
    """A folder to work in, with a real runtime that whoever inherits our environment finds."""
    folder, environment = place
    with inherited(environment):
        yield folder
