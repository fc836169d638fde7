"""Files in lakeFS: on its double, which is ours, and on a real server when its address is given."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from persistentai_lab.errors import MemoryRefused
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files import asks
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool
from tests.memory.files.house import House
from tests.memory.files.test_contract import follow_the_contract

pytestmark = pytest.mark.anyio
REAL = "PERSISTENTAI_TEST_LAKEFS_URL"
SHORT = settings(
    max_examples=4, stateful_step_count=30, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def test_the_contract_holds_on_the_double(
    memory_url: str, tmp_path: Path, environ: Mapping[str, str]
) -> None:
    follow_the_contract(memory_url, tmp_path, SHORT, environ=environ)


@pytest.mark.skipif(REAL not in os.environ, reason=f"no real lakeFS: {REAL} is not set")
def test_the_contract_holds_on_a_real_server(memory_url: str, tmp_path: Path) -> None:
    follow_the_contract(memory_url, tmp_path, SHORT, environ=real_environ())


def real_environ() -> Mapping[str, str]:
    """Of `PERSISTENTAI_TEST_LAKEFS_URL` and what stands beside it under such names."""
    names = ("URL", "NAMESPACE", "KEY_ID", "SECRET_FILE")
    return {
        f"PERSISTENTAI_LAKEFS_{name}": os.environ[f"PERSISTENTAI_TEST_LAKEFS_{name}"]
        for name in names
    }


async def test_what_lakefs_has_no_means_for_is_refused_with_what_to_do_instead(
    memory_url: str, tmp_path: Path, me: Author, environ: Mapping[str, str]
) -> None:
    async with make_pool(memory_url, name="test", min_size=1, max_size=2) as pool:
        house = House(MemoryTree(pool, Blobs(pool, tmp_path), environ=environ), me)
        await house.write(a="one")

        with pytest.raises(MemoryRefused, match="no chain of ours"):
            await house.ask(asks.VerifyFiles())
        with pytest.raises(MemoryRefused, match="keeps what a version has"):
            await house.do(asks.EraseFile(path="a"))
        assert await house.tree() == {"a": "one"}
