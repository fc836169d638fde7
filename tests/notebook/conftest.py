from collections.abc import Iterator

import pytest

from persistentai_lab.client import Address, Client
from tests.client.gateway_double import GatewayDouble, serving


@pytest.fixture
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayDouble]:
    with serving(tmp_path_factory.mktemp("gw")) as double:
        yield double


@pytest.fixture
def client(gateway: GatewayDouble) -> Iterator[Client]:
    with Client(Address(socket=gateway.socket), patience_s=2.0) as client:
        yield client
