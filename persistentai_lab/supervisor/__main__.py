"""`python -m persistentai_lab.supervisor`: the supervisor itself, in the foreground."""

import asyncio
import logging
import sys

from ..errors import LabError
from ..storage.home import Home
from .supervisor import Supervisor


def main() -> int:
    """Supervise the home that the environment names."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        asyncio.run(_supervise())
    except LabError as error:
        logging.error("%s", error)
        return 1
    return 0


async def _supervise() -> None:
    if not await Supervisor(Home.open()).run():
        logging.info("This home has a supervisor already.")


if __name__ == "__main__":
    sys.exit(main())
