"""What a version refers to is never collected, however old it is."""

from pathlib import Path

import pytest

from persistentai_lab.errors import LabError
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files.asks import Delete
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.garbage import Garbage
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool
from tests.memory.files.house import House

pytestmark = pytest.mark.anyio


async def test_content_of_any_version_stays_and_only_what_nobody_put_goes(
    memory_url: str, tmp_path: Path, me: Author
) -> None:
    async with make_pool(memory_url, name="test", min_size=1, max_size=2) as pool:
        tree = MemoryTree(pool, Blobs(pool, tmp_path))
        house = House(tree, me)
        large = "x" * ((1 << 20) + 1)
        first = await house.write(small="old", large=large)
        await house.write(small="new")
        await house.commit(Delete(path="large"))
        stray = await house.lent.keep("never put", media_type="text/plain")

        await Garbage(pool, tmp_path, grace_s=-1.0).collect()

        assert await house.tree() == {"small": "new"}
        assert await house.tree(at=first) == {"small": "old", "large": large}
        with pytest.raises(LabError):
            await Blobs(pool, tmp_path).get(me.workspace, stray.sha256)
