"""How fast the chain of a long feed is verified, and where a change in it is found.

Seeds a feed with a right chain by COPY, then verifies it as a client does: in parts, each streamed.

    python bench/feed.py [--entries 1000000]
"""

import argparse
import asyncio
import json
import time
from datetime import timedelta
from pathlib import Path

from support.ours import new_home

from persistentai_lab.engine.legs import migrate
from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.feed.asks import VerifyFeed
from persistentai_lab.memory.feed.links import EPOCH, Chain, genesis
from persistentai_lab.memory.feed.model import Verdict
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import Pool, make_pool

ME = Author(Workspace("bench"), "ada", "ada")
FEED = "room/long"
COPY = """
COPY pai.feed_entry (workspace, feed, seq, at, kind, key, body, salt, payload_hash, hash, run, path,
                     owner, caller) FROM STDIN
"""
HEAD = """
INSERT INTO pai.feed_head (workspace, feed, seq, hash, owner, caller)
VALUES (%s, %s, %s, %s, %s, %s)
"""


async def seed(pool: Pool, entries: int) -> None:
    """A conversation: a key and a run for every second one, bodies of some 150 characters."""
    chain = Chain(0, genesis(ME.workspace, FEED))
    async with pool.connection() as connection, connection.transaction():
        async with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for n in range(1, entries + 1):
                at = EPOCH + timedelta(days=20_000, milliseconds=n)
                text = json.dumps({"n": n, "text": f"word {n} " * 12}, separators=(",", ":"))
                run = f"r-{n // 100}" if n % 2 else None
                key = f"r-{n // 100}/s0/{n}" if n % 2 else None
                facts = ("message", key, ME.owner, ME.caller, run, run and "s0/say")
                seq, salt, digest, link = chain.add(at, text, *facts)
                await copy.write_row(
                    (
                        ME.workspace, FEED, seq, at, "message", key, text, salt, digest, link, run,
                        run and "s0/say", ME.owner, ME.caller,
                    )
                )  # fmt: skip
        await connection.execute(
            HEAD, (ME.workspace, FEED, chain.seq, chain.hash, ME.owner, ME.caller)
        )


async def verify(tree: MemoryTree) -> Verdict:
    part = VerifyFeed(feed=FEED)
    while True:
        verdict = Verdict.model_validate((await tree.answer(ME, part)).value)
        if verdict.is_all or verdict.broken:
            return verdict
        part = VerifyFeed(feed=FEED, after=verdict.seq, hash=verdict.hash)


async def measured(tree: MemoryTree) -> tuple[Verdict, float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    verdict = await verify(tree)
    return verdict, time.perf_counter() - wall, time.process_time() - cpu


async def measure(url: str, blobs: Path, entries: int) -> None:
    async with make_pool(url, name="bench", min_size=1, max_size=4) as pool:
        tree = MemoryTree(pool, Blobs(pool, blobs))
        begun = time.perf_counter()
        await seed(pool, entries)
        print(f"seeded {entries:,} entries in {time.perf_counter() - begun:.1f} s")
        verdict, wall, cpu = await measured(tree)
        assert verdict.is_intact, verdict
        assert verdict.seq == entries
        print(f"verified in {wall:.2f} s ({cpu:.2f} s CPU here): {entries / wall:,.0f} a second")
        at = entries * 9 // 10
        async with pool.connection() as connection:
            await connection.execute(
                "UPDATE pai.feed_entry SET owner = 'eve' WHERE workspace = %s AND seq = %s",
                (ME.workspace, at),
            )
        verdict, wall, _ = await measured(tree)
        assert verdict.broken is not None
        assert verdict.broken.seq == at
        print(f"a changed entry {at:,} is found in {wall:.2f} s: {verdict.broken.what}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=1_000_000)
    wanted = parser.parse_args()
    home = new_home()
    postgres = EmbeddedPostgres(home)
    postgres.start()
    try:
        migrate(postgres.uri)
        asyncio.run(measure(postgres.uri, home.blobs, wanted.entries))
    finally:
        postgres.stop()


if __name__ == "__main__":
    main()
