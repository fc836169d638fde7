"""A workspace moves between Postgres and lakeFS (its double), and is the same there."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from persistentai_lab.errors import LabError
from persistentai_lab.ids import Path as StepPath
from persistentai_lab.ids import RunId
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files import asks
from persistentai_lab.memory.files.asks import Delete, Move, Put
from persistentai_lab.memory.files.model import FilesVerdict
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.moving import Moved, Mover
from persistentai_lab.storage.moving.mover import NotTheSame
from persistentai_lab.storage.pool import Pool, make_pool
from tests.lakefs.double import LakeFSDouble
from tests.memory.files.house import House

pytestmark = pytest.mark.anyio


@dataclass
class Site:
    pool: Pool
    folder: Path
    environ: Mapping[str, str]
    me: Author

    def house(self, *, knows_lakefs: bool = True) -> House:
        environ = self.environ if knows_lakefs else {}
        tree = MemoryTree(self.pool, Blobs(self.pool, self.folder), environ=environ)
        return House(tree, self.me)

    async def move(self, to: str, **more: Any) -> Moved:
        blobs = Blobs(self.pool, self.folder)
        return await Mover(self.pool, blobs, self.environ, self.me.workspace, "ada").move(
            to, **more
        )


@pytest.fixture
async def site(
    memory_url: str, tmp_path: Path, environ: Mapping[str, str], me: Author
) -> AsyncIterator[Site]:
    async with make_pool(memory_url, name="test", min_size=1, max_size=6) as pool:
        yield Site(pool, tmp_path, environ, me)


async def live(site: Site) -> None:
    """A history with all that one can have."""
    house = site.house(knows_lakefs=False)
    first = await house.write(a="one", b="two")
    put = await house.put("d/Ünï.txt", "x" * ((1 << 20) + 1))
    put = put.model_copy(update={"meta": {"seen": [1, "ä"]}})
    await house.do(asks.CommitFiles(changes=(put,), message="größ", meta={"n": 1}, key="my key"))
    await house.do(asks.CreateBranch(name="side.1"), asks.CreateBranch(name="gone"))
    await house.write("gone", lost="never")
    await house.write("side.1", c="three")
    await house.commit(Move(path="b", to="e/b"))
    await house.do(asks.Merge(source="side.1"))
    await house.commit(Delete(path="a"))
    await house.do(asks.TagVersion(name="v1", version=first, message="the first"))
    await house.do(asks.Restore(to=first), asks.DeleteBranch(name="gone"))
    step = Author(site.me.workspace, "bob", "eve", RunId("r"), StepPath("s"))
    by_step = House(house._tree, step)
    only_noted = Put(path="a", sha256=(await house.put("a", "one")).sha256,
                     media_type="text/plain", meta={"note": True})  # fmt: skip
    await by_step.commit(only_noted)


async def told(house: House) -> dict[str, Any]:
    """All that a workspace tells, but for ids."""
    branches = [each["name"] for each in (await house.ask(asks.ListBranches())).value]  # type: ignore[union-attr]
    tags = (await house.ask(asks.ListTags())).value
    found: dict[str, Any] = {"branches": branches}
    found["tags"] = [{**tag, "commit": None} for tag in tags]  # type: ignore[union-attr]
    for name in (*branches, "v1"):
        where: dict[str, Any] = {"at": name} if name == "v1" else {"branch": name}
        stats = await house.lent.ls(recursive=True, **where)
        log = await house.lent.log(**where)
        found[name] = (
            await house.tree(**where),
            [stat.model_dump(exclude={"commit"}) for stat in stats],
            [
                commit.model_dump(exclude={"id", "parents", "restored"})
                | {"parents": len(commit.parents), "restored": commit.restored is not None}
                for commit in log
            ],
        )
    return found


async def test_a_workspace_is_the_same_in_lakefs_and_back_again(site: Site) -> None:
    await live(site)
    was = await told(site.house())
    old = [commit.id for commit in await site.house().lent.log()]

    done = await site.move("lakefs")

    assert (done.is_there, done.commits, done.branches, done.tags) == (
        True, 9, ["main", "side.1"], ["v1"]
    )  # fmt: skip
    house = site.house()
    now = await told(house)
    assert now == was
    assert await house.lent.log(at=old[-1]) == await house.lent.log(at="v1")
    again = asks.CommitFiles(changes=(await house.put("z", "z"),), key="my key")
    assert (await house.do(again))[0].again
    with pytest.raises(LabError, match="live in lakeFS"):
        await site.house(knows_lakefs=False).write(a="elsewhere")
    assert (await site.move("lakefs")).copied == 0

    await house.write("side.1", later="in lakeFS")
    await house.do(asks.CreateBranch(name="new"), asks.DeleteTag(name="v1"))
    await house.do(asks.TagVersion(name="v1", version="side.1"))
    now = await told(house)
    back = await site.move("postgres")

    assert (back.copied, back.branches) == (1, ["main", "new", "side.1"])
    house = site.house(knows_lakefs=False)
    assert await told(house) == now
    verdict = FilesVerdict.model_validate((await house.ask(asks.VerifyFiles())).value)
    assert verdict.is_intact, verdict
    await house.write(a="in Postgres again")
    assert [commit.id for commit in await house.lent.log()][1:] == old, "the chain goes on"


async def test_who_is_cut_off_goes_on_and_until_then_nothing_has_moved(
    site: Site, double: LakeFSDouble
) -> None:
    await live(site)
    was = await told(site.house())
    dry = await site.move("lakefs", dry_run=True)
    assert (dry.copied, dry.is_there) == (9, False)

    def dies(n: int, of: int) -> None:
        if n == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await site.move("lakefs", say=dies)
    async with site.pool.connection() as connection:  # killed before it had noted the last one
        await connection.execute(
            "DELETE FROM pai.file_move WHERE ctid = (SELECT max(ctid) FROM pai.file_move)"
        )
    assert await told(site.house(knows_lakefs=False)) == was
    await site.house(knows_lakefs=False).write(late="while it was moving")
    was = await told(site.house(knows_lakefs=False))

    done = await site.move("lakefs")

    assert done.copied == 7
    assert await told(site.house()) == was
    (repository,) = (r for name, r in double.repositories.items() if "cut-off" in name)
    keys = [c.metadata["pai-key"] for c in repository.commits.values() if len(c.parents) == 2
            and "pai-key" in c.metadata]  # fmt: skip
    assert len(keys) == len(set(keys)) == 10


async def test_what_was_altered_on_the_way_is_found_and_the_files_stay(
    site: Site, double: LakeFSDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live(site)

    def alters(n: int, of: int) -> None:
        for name, repository in double.repositories.items():
            if n == 3 and "altered" in name:
                tree = repository.commit_of("main").tree
                tree.pop(min(tree))

    with pytest.raises(NotTheSame, match="entries differ"):
        await site.move("lakefs", say=alters)
    assert await site.house(knows_lakefs=False).tree()
