"""Files of the Memory Tree against pygit2, both durable, in one run.

    bench/files.sh                            installs pygit2 aside, in .cache/peers (bench only)
    python bench/files.py [--rounds 5] [--alone]

Trees of 10,000 files of 200 bytes in 100 folders. Ours: the content kept and the commit made, in an
embedded Postgres with its usual settings (fsync on). Git's: the same content as loose objects, a
tree and a commit, with libgit2's `ENABLE_FSYNC_GITDIR` (objects and references).
Rounds alternate; medians.
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
from pathlib import Path

from support.git_files import content, path_of
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

    def __init__(self, tree: MemoryTree, round_: int) -> None:
        self.tree = tree
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

        async def timed(name: str, work: Callable[[], Awaitable[str]]) -> str:
            begun = time.perf_counter()
            result = await work()
            found[name] = (time.perf_counter() - begun) * 1e3
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

        for _ in range(6):  # the statement is planned once
            await timed("diff of two 10,000-file versions", diff)
        await timed("branch", lambda: self.do(asks.CreateBranch(name="b")))
        await timed("restore of a 10,000-file version", lambda: self.do(asks.Restore(to=first)))
        await self.commit(range(FILES), 2)
        await timed("restore, all 10,000 changed", lambda: self.do(asks.Restore(to=first)))
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
        theirs: list[dict[str, float]] = []
        with tempfile.TemporaryDirectory() as folder:
            async with make_pool(server.uri, name="bench", min_size=1, max_size=2) as pool:
                tree = MemoryTree(pool, Blobs(pool, Path(folder)))
                for n in range(rounds):
                    ours.append(await Ours(tree, n).measure())
                    theirs += [git()] if with_git else []
        for name, goal in GOALS.items():
            mine = statistics.median(each[name] for each in ours)
            line = f"{name:36} {mine:8.1f} ms"
            if theirs:
                other = statistics.median(each[name] for each in theirs)
                line += f"   pygit2 {other:8.1f} ms   {mine / other:6.2f}×"
            print(f"{line}   goal {goal}")
    finally:
        server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--alone", action="store_true", help="only our side")
    asked = parser.parse_args(sys.argv[1:])
    asyncio.run(main(asked.rounds, alone=asked.alone))
