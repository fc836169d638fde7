"""Files of the Memory Tree against pygit2, both durable, in one run.

    bench/files.sh                            installs pygit2 aside, in .cache/peers (bench only)
    python bench/files.py [--rounds 5] [--alone]

Trees of 10,000 files of 200 bytes in 100 folders. Ours: the content kept and the commit made, in an
embedded Postgres with its usual settings (fsync on). Git's: the same content as loose objects, a
tree and a commit, with libgit2's `ENABLE_FSYNC_GITDIR` (objects and references).
Rounds alternate. What takes a moment is done six times a round; medians. Beside ours: the least
that it took, and what this process spent of the processor (Postgres's part is not in it).
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from support.cpu import load
from support.git_files import TIMES, content, path_of
from support.ours import new_home

from persistentai_lab.engine.legs import migrate
from persistentai_lab.flow.payload import Payload
from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files import asks
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool

FILES, NEW, CHANGED = 10_000, 1_000, 100
PEER = Path(__file__).parent.parent / ".cache/peers/pygit2/bin/python"
GOALS = {
    "commit of 1,000 new files": "≤ 0.4×",
    "100 changes in 10,000 files": "≤ 0.25×",
    "diff of two 10,000-file versions": "≤ 2 ms",
    "branch": "≤ 10 ms",
    "restore of a 10,000-file version": "≤ 20 ms",
    "restore, all 10,000 changed": "≤ 20 ms",
}


class Ours:
    """The layer, in this process."""

    def __init__(self, tree: MemoryTree, round_: int, least: dict[str, float]) -> None:
        self.tree = tree
        self.least = least
        self.cpu: dict[str, float] = {}
        self.me = Author(Workspace(f"bench-{round_}-{time.time_ns()}"), "bench", "bench")

    async def commit(self, numbers: range, version: object) -> str:
        """Keep the content, then commit it."""
        payloads = [Payload(content(n, version), "text/plain") for n in numbers]
        kept = await self.tree.files.keep_all(self.me, payloads)
        changes = tuple(
            asks.Put(path=path_of(n), sha256=one.sha256, media_type=one.media_type)
            for n, one in zip(numbers, kept, strict=True)
        )
        return await self.do(asks.CommitFiles(changes=changes))

    async def do(self, command: asks.Command) -> str:
        """Do a command."""
        (receipt,) = await self.tree.write(self.me, command)
        return str(receipt.version)

    async def measure(self) -> dict[str, float]:
        """All cases, in ms."""
        found: dict[str, float] = {}

        async def timed(name: str, *works: Callable[[], Awaitable[str]]) -> str:
            took, spent, result = [], [], ""
            for work in works:
                begun, cpu = time.perf_counter(), time.process_time()
                result = await work()
                took.append((time.perf_counter() - begun) * 1e3)
                spent.append((time.process_time() - cpu) * 1e3)
            found[name], self.cpu[name] = statistics.median(took), statistics.median(spent)
            self.least[name] = min(self.least.get(name, took[0]), *took)
            return result

        await timed("commit of 1,000 new files", lambda: self.commit(range(NEW), 0))
        first = await self.commit(range(NEW, FILES), 0)
        changed = range(0, FILES, FILES // CHANGED)
        second = await timed("100 changes in 10,000 files", lambda: self.commit(changed, 1))

        async def diff() -> str:
            query = asks.DiffFiles(a=first, b=second)
            answer = await self.tree.answer(self.me, query)
            assert len(answer.value) == CHANGED  # type: ignore[arg-type]
            return ""

        def restored(*versions: str) -> list[Callable[[], Awaitable[str]]]:
            commands = [asks.Restore(to=each) for each in versions]
            return [partial(self.do, command) for command in commands]

        await timed("diff of two 10,000-file versions", *[diff] * TIMES)
        branches = [asks.CreateBranch(name=f"b{n}") for n in range(TIMES)]
        await timed("branch", *(partial(self.do, command) for command in branches))
        pairs = [first, second] * (TIMES // 2)
        await timed("restore of a 10,000-file version", *restored(*pairs))
        third = await self.commit(range(FILES), 2)
        pairs = [first, third] * (TIMES // 2)
        await timed("restore, all 10,000 changed", *restored(*pairs))
        await self.do(asks.Restore(to=first))
        listed = await self.tree.answer(self.me, asks.ListFiles(recursive=True, limit=10_000))
        assert len(listed.value) == FILES  # type: ignore[arg-type]
        return found


def git() -> dict[str, float]:
    """All cases with pygit2, in ms; each round has a process and a folder of its own."""
    with tempfile.TemporaryDirectory(dir=PEER.parents[2]) as folder:
        program = Path(__file__).parent / "support/git_files.py"
        told = subprocess.run(
            [PEER, program, folder], check=True, stdout=subprocess.PIPE, text=True
        )
    found: dict[str, float] = json.loads(told.stdout)
    return found


async def main(rounds: int, *, alone: bool) -> None:
    """Alternate, and print medians."""
    with_git = PEER.exists() and not alone
    if not with_git and not alone:
        print("pygit2 is not installed aside (bench/files.sh): only our side is measured.")
    home = new_home()
    server = EmbeddedPostgres(home)
    server.start()
    try:
        migrate(server.uri)
        ours: list[dict[str, float]] = []
        cpu: list[dict[str, float]] = []
        theirs: list[dict[str, float]] = []
        least: dict[str, float] = {}
        with tempfile.TemporaryDirectory() as folder:
            async with make_pool(server.uri, name="bench", min_size=1, max_size=2) as pool:
                tree = MemoryTree(pool, Blobs(pool, Path(folder)))
                for n in range(rounds):
                    side = Ours(tree, n, least)
                    ours.append(await side.measure())
                    cpu.append(side.cpu)
                    theirs += [git()] if with_git else []
        for name, goal in GOALS.items():
            mine = statistics.median(each[name] for each in ours)
            spent = statistics.median(each[name] for each in cpu)
            line = f"{name:34} {mine:7.1f} ms, least {least[name]:6.1f}, CPU {spent:6.1f}"
            if theirs:
                other = statistics.median(each[name] for each in theirs)
                line += f"   pygit2 {other:8.1f} ms   {mine / other:6.2f}×"
            print(f"{line}   goal {goal}")
        print(load())
    finally:
        server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--alone", action="store_true", help="only our side")
    asked = parser.parse_args(sys.argv[1:])
    asyncio.run(main(asked.rounds, alone=asked.alone))
