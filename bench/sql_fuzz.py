"""Many queries that try to get out of a workspace: `python bench/sql_fuzz.py --count 10000`.

Known attacks come first; of the rest, half are bred from these and half are valid SQL, grown by a
grammar over what an agent may ask. Each is tried twice: through the door, as anybody asks, and at
the first wall, as if the guard let everything through. Counts what was answered, what the guard and
what the database refused, whose answers held a row of another workspace, and whether anything was
changed. The same seed gives the same queries.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from persistentai_lab.engine.legs import migrate
from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.home import STATE_VARIABLE, Home
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool
from persistentai_lab.storage.records.roles import Roles
from tests.memory.sql_attacks import (
    Assault,
    at_the_first_wall,
    plant,
    queries,
    state,
    through_the_door,
)


async def fuzz(url: str, blobs: Path, seed: int, count: int) -> dict[str, object]:
    """Try them all on a database."""
    me = Author(Workspace("me"), "ada", "ada")
    async with make_pool(url, name="fuzz", min_size=1, max_size=4) as pool:
        tree = MemoryTree(pool, Blobs(pool, blobs))
        await plant(tree, pool, me)
        await Roles(pool).login(me.workspace)
        before = await state(pool)
        began = time.process_time()
        door = await through_the_door(tree, me, queries(seed, count))
        wall = await at_the_first_wall(pool, me, queries(seed, count))
        return {
            "seed": seed,
            "queries": count,
            "door": told(door),
            "first_wall": told(wall),
            "changed": await state(pool) != before,
            "cpu_ms_a_query": round((time.process_time() - began) / count / 2 * 1000, 2),
        }


def told(seen: Assault) -> dict[str, object]:
    """As figures."""
    return {
        "tried": seen.tried, "answered": seen.answered, "refused_by_guard": seen.by_guard,
        "refused_by_database": seen.refused - seen.by_guard, "canaries": len(seen.leaked),
        "past_the_guard": round(1 - seen.by_guard / seen.tried, 3), "leaked": seen.leaked[:10],
    }  # fmt: skip


def main() -> None:
    """Start a Postgres of its own, and fuzz it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        home = Home.open(Path(folder) / "home", {STATE_VARIABLE: str(Path(folder) / "state")})
        server = EmbeddedPostgres(home, settings={"fsync": "off"})
        url = server.start()
        try:
            migrate(url)
            result = asyncio.run(fuzz(url, home.blobs, said.seed, said.count))
        finally:
            server.stop()
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
