"""The Memory Tree on a database of the module's own: in this process, and as a whole runtime."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from persistentai_lab.client import Address, Client
from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool
from tests.gateway.conftest import Gateway
from tests.runtime import Runtime


@pytest.fixture(scope="module")
def memory_url(make_database: Callable[[], str]) -> str:
    """A database for the tests of a module: each takes a workspace of its own."""
    return make_database()


@pytest.fixture
async def tree(memory_url: str, tmp_path: Path) -> AsyncIterator[MemoryTree]:
    """The Memory Tree, in this process."""
    async with make_pool(memory_url, name="test", min_size=1, max_size=8) as pool:
        yield MemoryTree(pool, Blobs(pool, tmp_path))


@pytest.fixture
def me(request: pytest.FixtureRequest) -> Author:
    """Somebody in a workspace that no other test knows."""
    return Author(Workspace(request.node.name), "ada", "ada")


@dataclass(frozen=True)
class Live:
    """Real processes: a worker and a gateway."""

    runtime: Runtime
    client: Client
    socket: str
    """The gateway's."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, memory_url: str) -> Iterator[Live]:
    """Shared by the tests of a module, in the default workspace."""
    folder = tmp_path_factory.mktemp("live")
    gateway = Gateway(folder, memory_url)
    with Runtime(folder, memory_url) as runtime:
        runtime.worker()
        gateway.start()
        with Client(Address(socket=gateway.home.gateway_socket)) as client:
            yield Live(runtime, client, gateway.socket)
        gateway.stop()
