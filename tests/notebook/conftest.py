import shutil
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="module")
def live(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Path]:
    """A folder to work in, with a real runtime that whoever inherits our environment finds."""
    folder = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(folder / "home"))
        patch.setenv(DATABASE_VARIABLE, make_database())
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "jupyter"))
        patch.delenv("PERSISTENTAI_URL", raising=False)
        home = Home.open()
        try:
            supervisor.up(home, workers=1)
            shutil.copy(Path(__file__).parent / "lab_flows.py", folder)
            yield folder
        finally:
            supervisor.down(home)
