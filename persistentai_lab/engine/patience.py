"""Does it again for as long as the trouble is one that passes."""

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg.errors import DeadlockDetected, SerializationFailure

from ..errors import Unavailable
from ..storage.pool import is_away

T = TypeVar("T")

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 1.0
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

log = logging.getLogger(__name__)


async def insist(work: Callable[[], Awaitable[T]], what: str) -> T:
    """Do `work`, again and again while the database is away or the disk is full.

    What a leg reads or writes goes through here: no such trouble ever fails a run. If the leg is
    lost meanwhile, the next commit finds out.
    """
    wait_s = FIRST_WAIT_S
    while True:
        try:
            return await work()
        except Exception as error:
            if not _passes(error):
                raise
            log.warning("%s: not now, trying again: %s", what, error)
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


def _passes(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return True
    passing = DeadlockDetected | SerializationFailure | Unavailable
    return is_away(error) or isinstance(error, passing)
