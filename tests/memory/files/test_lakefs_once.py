"""Exactly once over lakeFS: answers are lost, transactions too, and whole steps are done again."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from persistentai_lab.errors import Unavailable
from persistentai_lab.ids import Path as StepPath
from persistentai_lab.ids import RunId, Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files.asks import CommitFiles, CreateBranch, Merge
from persistentai_lab.memory.layer import Command
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.lakefs import client, protocol, writing
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import Pool, make_pool
from tests.lakefs.double import Faults, LakeFSDouble
from tests.memory.files.house import House

pytestmark = pytest.mark.anyio
LANES, STEPS = 2, 6
RATE = 0.35


class Crash(Exception):
    """The worker died before its transaction was committed."""


class Steps:
    """Does steps as the engine does, in processes that die."""

    def __init__(self, pool: Pool, folder: Path, environ: Mapping[str, str], seed: int) -> None:
        self._pool = pool
        self._folder = folder
        self._environ = environ
        self._random = random.Random(seed)
        self.tries = 0
        self.crashes = 0

    def process(self) -> MemoryTree:
        """A new one, that knows nothing of what others did."""
        return MemoryTree(self._pool, Blobs(self._pool, self._folder), environ=self._environ)

    async def step(self, workspace: str, name: str) -> None:
        """A step that writes another file in each of its tries, until it is recorded."""
        author = Author(Workspace(workspace), "ada", "ada", RunId("run"), StepPath(name))
        for number in range(200):
            self.tries += 1
            try:
                tree = self.process()
                put = await House(tree, author).put(f"{name}/{number}", f"{name} {number}")
                await self._once(tree, author, CommitFiles(changes=(put,)))
                return
            except (Crash, Unavailable):
                self.crashes += 1
        raise AssertionError(f"{name} never came through")

    async def insist(self, workspace: str, name: str, *commands: Command) -> None:
        """Other commands, in the same way."""
        author = Author(Workspace(workspace), "ada", "ada", RunId("run"), StepPath(name))
        for _ in range(200):
            try:
                await self._once(self.process(), author, *commands)
                return
            except (Crash, Unavailable):
                self.crashes += 1

    async def _once(self, tree: MemoryTree, author: Author, *commands: Command) -> None:
        ready = await tree.prepare(author, commands)
        async with self._pool.connection() as connection, connection.transaction():
            await tree.apply(connection, author, ready)
            if self._random.random() < 0.3:
                raise Crash


@pytest.mark.parametrize("seed", [1])
async def test_every_step_is_one_commit_whatever_is_lost(
    memory_url: str, tmp_path: Path, double: LakeFSDouble, environ: Mapping[str, str],
    seed: int, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(client, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(double, "faults", Faults(RATE, seed))
    before, workspace = double.changes, f"once-{seed}"
    names = [[f"s{lane}-{n}" for n in range(STEPS)] for lane in range(LANES)]
    async with make_pool(memory_url, name="test", min_size=1, max_size=8) as pool:
        steps = Steps(pool, tmp_path, environ, seed)

        async def lane(mine: list[str]) -> None:
            for name in mine:
                await steps.step(workspace, name)

        await asyncio.gather(*map(lane, names))
        await steps.insist(workspace, "branch", CreateBranch(name="side"))
        house = House(steps.process(), Author(Workspace(workspace), "ada", "ada"))
        put = await house.put("side", "more")
        await steps.insist(workspace, "write", CommitFiles(branch="side", changes=(put,)))
        await steps.insist(workspace, "merge", Merge(source="side"))

        lost, changes = double.faults.lost, double.changes - before
        double.faults = Faults()
        house = House(steps.process(), Author(Workspace(workspace), "ada", "ada"))
        commits = await house.lent.log(limit=1_000)
        tree = await house.tree()

    assert lost >= 0.3 * changes
    assert steps.crashes > 3
    wanted = [name for mine in names for name in mine]
    keys = Counter(commit.key for commit in commits)
    assert keys == Counter([f"run/{name}/1" for name in (*wanted, "merge")])
    files = Counter(path.partition("/")[0] for path in tree)
    assert files == Counter([*wanted, "side"]), "of each step one try, and nothing of the others"
    written = [(path, text) for path, text in tree.items() if path != "side"]
    assert all(text == " ".join(path.split("/")) for path, text in written)
    repository = next(each for name, each in double.repositories.items() if workspace in name)
    merged = [commit.metadata[protocol.KEY] for commit in repository.commits.values()
              if len(commit.parents) == 2 and protocol.KEY in commit.metadata]  # fmt: skip
    assert len(merged) == len(set(merged)) == len(wanted) + 2


async def test_a_try_that_lost_the_lock_merges_nothing_any_more(
    memory_url: str, tmp_path: Path, double: LakeFSDouble, environ: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """It hangs just before its merge; meanwhile the step is done again by somebody else."""
    workspace, hangs, goes_on = "zombie", asyncio.Event(), asyncio.Event()
    bring_in = protocol._bring_in

    async def slow(*given: Any) -> str:
        if not hangs.is_set():
            hangs.set()
            await goes_on.wait()
        return await bring_in(*given)

    monkeypatch.setattr(protocol, "_bring_in", slow)
    author = Author(Workspace(workspace), "ada", "ada", RunId("run"), StepPath("s"))
    async with make_pool(memory_url, name="test", min_size=1, max_size=4) as pool:
        steps = Steps(pool, tmp_path, environ, 0)
        tree = steps.process()
        put = await House(tree, author).put("zombie", "old")
        ready = await tree.prepare(author, [CommitFiles(changes=(put,))])

        async def hang() -> None:
            async with pool.connection() as connection, connection.transaction():
                # Its lock is gone, as if the server had lost the connection.
                monkeypatch.setattr(writing, "_LOCK", "SELECT %s::text")
                await tree.apply(connection, author, ready)

        zombie = asyncio.create_task(hang())
        await hangs.wait()
        monkeypatch.undo()
        await steps.step(workspace, "s")
        goes_on.set()
        with pytest.raises(Unavailable, match="taken its place"):
            await zombie
        house = House(steps.process(), author)
        assert list(await house.tree()) != ["zombie"]
        assert [commit.key for commit in await house.lent.log()] == ["run/s/1"]


async def test_who_died_before_clearing_up_leaves_no_branch_behind(
    memory_url: str, tmp_path: Path, double: LakeFSDouble, environ: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The commit is made and tagged; with the process its branch's removal and transaction die."""
    workspace, drop = "untidy", client.Lake.drop

    def dies(lake: client.Lake, branch: str) -> None:
        monkeypatch.setattr(client.Lake, "drop", drop)
        raise Crash

    monkeypatch.setattr(client.Lake, "drop", dies)
    author = Author(Workspace(workspace), "ada", "ada", RunId("run"), StepPath("s"))
    async with make_pool(memory_url, name="test", min_size=1, max_size=4) as pool:
        steps = Steps(pool, tmp_path, environ, 0)
        await steps.step(workspace, "s")
        house = House(steps.process(), author)
        assert list(await house.tree()) == ["s/0"], "the commit of the one that died is found"

    assert steps.crashes == 1
    repository = next(each for name, each in double.repositories.items() if workspace in name)
    assert list(repository.branches) == ["main"]
