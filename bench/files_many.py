"""Very many small files, and one very large one: `python bench/files_many.py [FILES] [--gib 2]`.

Files of 40 bytes in folders of 1,000, ten thousand a commit, in an embedded Postgres with its usual
settings; then what people do with them. Beside wall time: what this process and Postgres spent of
the processor. The large one is sparse, and goes the way that the gateway takes an upload: to a
draft, hashed and kept in place; told is how much this process held at most besides mapped files.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import psycopg
from support.cpu import children, cpu_ms, load
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

T = TypeVar("T")
BATCH = 10_000
TIMES = 5
PIECE = 1 << 20
ME = Author(Workspace("many"), "bench", "bench")


class Bench:
    """A tree, and how long what is done to it takes."""

    def __init__(self, tree: MemoryTree, postgres: int) -> None:
        self.tree = tree
        self._postgres = postgres

    async def timed(self, name: str, *works: Callable[[], Awaitable[T]]) -> T:
        """The last of several, each told with what it took; the least of them counts."""
        took = []
        for work in works:
            spent, theirs = time.process_time(), self._servers_ms()
            begun = time.perf_counter()
            result = await work()
            wall = (time.perf_counter() - begun) * 1e3
            here = (time.process_time() - spent) * 1e3
            took.append((wall, here, self._servers_ms() - theirs))
        wall, here, theirs = min(took)
        print(f"{name:34} {wall:10.1f} ms   CPU here {here:9.1f}, Postgres {theirs:9.1f}")
        return result

    def _servers_ms(self) -> float:
        """Of processes that live: connections are kept."""
        return sum(cpu_ms(pid) for pid in (self._postgres, *children(self._postgres)))

    async def fill(self, count: int) -> str:
        """Commit so many files. Returns the last commit but one."""
        before, last = "", ""
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            before, last = last or before, await self.commit(numbers, 0)
        return before or last

    async def commit(self, numbers: range, version: int) -> str:
        """Keep contents, and put them under their paths."""
        payloads = [Payload(f"{n} {version}".ljust(40).encode(), "text/plain") for n in numbers]
        kept = await self.tree.files.keep_all(ME, payloads)
        puts = tuple(
            asks.Put(path=f"d{n // 1000:04}/f{n:07}", sha256=one.sha256, media_type="text/plain")
            for n, one in zip(numbers, kept, strict=True)
        )
        return await self.do(asks.CommitFiles(changes=puts))

    async def do(self, command: asks.Command) -> str:
        """Do a command."""
        (receipt,) = await self.tree.write(ME, command)
        return str(receipt.version)

    async def many(self, count: int) -> None:
        """The cases."""
        before = await self.timed(f"commit of {count:,} new files", lambda: self.fill(count))
        spread = range(0, count, max(1, count // 100))
        first = (await self._log(1))[0]
        second = await self.timed("commit of 100 changes", lambda: self.commit(spread, 1))
        ask, path = self.tree.answer, f"d0000/f{count // 2000:07}"
        stat, page = asks.StatFile(path=path), asks.ListFiles(folder="d0000", limit=1_000)
        await self.timed("stat", *[lambda: ask(ME, stat)] * TIMES)
        await self.timed("a folder of 1,000", *[lambda: ask(ME, page)] * TIMES)
        root = asks.ListFiles(limit=1_000)
        await self.timed("the root, up to 1,000 folders", *[lambda: ask(ME, root)] * TIMES)
        await self.timed("stat, before the last 10,000", lambda: self._stat_at(path, before))
        diff = asks.DiffFiles(a=first, b=second)
        await self.timed("diff of 100 changes", *[lambda: ask(ME, diff)] * TIMES)
        await self.timed("branch", lambda: self.do(asks.CreateBranch(name="b")))
        await self.timed("restore", lambda: self.do(asks.Restore(to=first)))
        told = await self.timed("verify all commits", lambda: ask(ME, asks.VerifyFiles()))
        assert told.value["broken"] is None  # type: ignore[index, call-overload]

    async def _log(self, limit: int) -> list[str]:
        answer = await self.tree.answer(ME, asks.LogFiles(limit=limit))
        return [commit["id"] for commit in answer.value]  # type: ignore[union-attr, index, call-overload, misc]

    async def _stat_at(self, path: str, at: str) -> None:
        await self.tree.answer(ME, asks.StatFile(path=path, at=at))

    async def large(self, blobs: Blobs, size: int) -> None:
        """One large file, as an upload takes it."""
        highest = before = _anonymous()

        async def upload() -> str:
            nonlocal highest
            draft = blobs.draft()
            for at in range(0, size, PIECE):
                await asyncio.to_thread(draft.write, bytes([at >> 20 & 255]) * PIECE, at)
                highest = max(highest, _anonymous())
            payload = Payload(draft.mapped(), "application/octet-stream", file=draft)
            kept = await self.tree.files.keep(ME, payload)
            highest = max(highest, _anonymous())
            put = asks.Put(path="large.bin", sha256=kept.sha256, media_type=kept.media_type)
            return await self.do(asks.CommitFiles(changes=(put,)))

        await self.timed(f"a file of {size / 2**30:.2f} GiB", upload)
        asked = asks.ReadFile(path="large.bin", start=size - 4, size=4)
        last = await self.timed("the last bytes of it", lambda: self.tree.answer(ME, asked))
        assert last.data == bytes([(size - 1) >> 20 & 255]) * 4
        print(f"held at most {(highest - before) / 2**20:.1f} MiB more than before")


def _anonymous() -> int:
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = re.findall(r"RssAnon:\s+(\d+) kB", status)
    return int(kilobytes) * 1024


async def main(count: int, gib: float) -> None:
    """One server, both cases."""
    home = new_home()
    server = EmbeddedPostgres(home)
    server.start()
    try:
        migrate(server.uri)
        with psycopg.connect(server.uri) as connection:
            (file,) = (
                connection.execute("SELECT current_setting('data_directory')").fetchone() or ()
            )
        postgres = int((Path(file) / "postmaster.pid").read_text().split()[0])
        with tempfile.TemporaryDirectory(dir=home.path) as folder:
            async with make_pool(server.uri, name="bench", min_size=1, max_size=1) as pool:
                blobs = Blobs(pool, Path(folder))
                bench = Bench(MemoryTree(pool, blobs), postgres)
                if gib:
                    await bench.large(blobs, int(gib * 2**30) // PIECE * PIECE)
                if count:
                    await bench.many(count)
        with psycopg.connect(server.uri) as connection:
            size = "SELECT pg_size_pretty(pg_database_size(current_database()))"
            print(f"the database has {(connection.execute(size).fetchone() or ('?',))[0]}")
    finally:
        server.stop()
    print(load())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--gib", type=float, default=2.0, help="size of the large file; 0: none")
    asked = parser.parse_args(sys.argv[1:])
    asyncio.run(main(asked.files, asked.gib))
