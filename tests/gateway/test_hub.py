"""The hub by itself, on a real database."""

import asyncio
import json

from persistentai_lab.ids import RunId, Seq
from persistentai_lab.storage.hub import Hub
from persistentai_lab.storage.pool import make_pool
from tests.runtime import Runtime, flow, node

ONE = flow(node("a", "numbers.add", left=1, right=1))


async def seqs(hub: Hub, run: RunId, after: int = 0) -> list[int]:
    """Positions up to the end, as one reader sees them."""
    return [
        json.loads(stored.text)["seq"]
        async for page in hub.read(run, Seq(after))
        for stored in page
    ]


def test_readers_who_come_at_the_same_moment_all_see_everything(runtime: Runtime) -> None:
    run = runtime.start(ONE)

    async def main() -> list[list[int]]:
        url = runtime.database_url
        async with make_pool(url, name="test", min_size=4, max_size=4) as pool:
            hub = Hub(url, pool)
            listening = asyncio.create_task(hub.listen_forever())
            reading = [asyncio.create_task(seqs(hub, run)) for _ in range(4)]
            try:
                await asyncio.wait(reading, timeout=0.3)  # all wait for what comes
                await asyncio.to_thread(runtime.cancel, run)
                async with asyncio.timeout(90):
                    return await asyncio.gather(*reading)
            finally:
                listening.cancel()

    assert asyncio.run(main()) == [[1, 2, 3, 4]] * 4


def test_who_has_seen_it_all_is_told_that_the_run_has_ended(runtime: Runtime) -> None:
    run = runtime.start(ONE)
    runtime.cancel(run)

    async def main() -> list[int]:
        url = runtime.database_url
        async with make_pool(url, name="test", min_size=1, max_size=2) as pool:
            async with asyncio.timeout(90):
                return await seqs(Hub(url, pool), run, after=4)

    assert asyncio.run(main()) == []
