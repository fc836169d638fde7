"""DBOS with its own steps.

python plain_dbos.py URL
"""

import asyncio
import sys

from dbos import DBOS
from line import serve


@DBOS.workflow()
async def sequence(steps: int) -> None:
    for value in range(steps):
        await nothing(value)


@DBOS.workflow()
async def fan(width: int, length: int) -> None:
    # Numbers drawn in advance: gathered branches would swap their results on replay.
    steps = [[DBOS.reserve_step() for _ in range(length)] for _ in range(width)]

    async def branch(number: int) -> None:
        for place, step in enumerate(steps[number]):
            await step.run_async({"name": f"b{number}.{place}"}, same, place)

    await asyncio.gather(*(branch(number) for number in range(width)))


@DBOS.workflow()
async def seconds() -> None:
    await asyncio.gather(*(second(value) for value in range(10)))


async def same(value: int) -> int:
    return value


nothing = DBOS.step(name="nothing")(same)


@DBOS.step()
async def second(value: int) -> int:
    await asyncio.sleep(1)
    return value


async def main() -> None:
    DBOS(
        config={
            "name": "plain",
            "system_database_url": sys.argv[1],
            "application_version": "1",
            "log_level": "ERROR",
        }
    )
    DBOS.launch()
    await serve(
        {
            "sequence": lambda: sequence(100),
            "fan": lambda: fan(10, 10),
            "chain": lambda: sequence(20),
            "seconds": seconds,
        }
    )
    DBOS.destroy()


asyncio.run(main())
