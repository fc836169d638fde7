"""The panel shows files that live in lakeFS as it shows others: at any moment, with their past."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from persistentai_lab.errors import NotInMemory
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files import asks
from persistentai_lab.memory.files.asks import Delete
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.browse import Browse
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool
from tests.memory.files.house import House

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("place", ["postgres", "lakefs"])
async def test_branches_folders_files_and_their_past(
    place: str, memory_url: str, tmp_path: Path, me: Author, environ: Mapping[str, str]
) -> None:
    async with make_pool(memory_url, name="test", min_size=1, max_size=6) as pool:
        tree = MemoryTree(pool, Blobs(pool, tmp_path), environ=environ if place == "lakefs" else {})
        house, browse = House(tree, me), Browse(pool, tree.files)
        first = await house.write(**{"d/a.txt": "one", "b.txt": "b"})
        (at_first,) = [commit.at for commit in await house.lent.log()]
        await house.write(**{"d/a.txt": "two"})
        assert [it.name for it in (await browse.page(me, "files", "")).items] == ["b.txt", "d"]
        await house.do(asks.CreateBranch(name="side"))
        await house.commit(Delete(path="b.txt"))

        (files,) = [head for head in await browse.heads(me) if head.layer == "files"]
        assert files.count == 3
        top = await browse.page(me, "files", "")
        assert [(it.name, it.icon) for it in top.items] == [("main", "branch"), ("side", "branch")]
        assert [it.id for it in (await browse.page(me, "files", "main/d/")).items] == [
            "main/d/a.txt"
        ]
        then = await browse.page(me, "files", "main/", at=at_first)
        assert [it.name for it in then.items] == ["b.txt", "d"]
        found = await browse.search(me, "A.T")
        assert [it.id for it in found["files"]] == ["main/d/a.txt", "side/d/a.txt"]

        now = await browse.entry(me, "files", "main/d/a.txt")
        was = await browse.entry(me, "files", "main/d/a.txt", version=first)
        assert (now.by, now.version != was.version, was.version) == ("ada", True, first)
        assert "two" in str(now.shown)
        assert "one" in str(was.shown)
        versions = await browse.versions(me, "files", "main/b.txt")
        assert [version.is_gone for version in versions] == [True, False]
        with pytest.raises(NotInMemory):
            await browse.entry(me, "files", "main/b.txt")
