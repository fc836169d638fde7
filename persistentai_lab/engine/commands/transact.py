"""One transaction of a command: tried again where nothing can have happened, else told plainly."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from ...errors import LabError
from ...storage.pool import away, is_away
from .hinting import forget, send

T = TypeVar("T")


class Unstorable(LabError):
    """Something in the request cannot be kept: NaN in an input, a NUL character in a name."""

    code = "unstorable"
    http_status = 422

    def __init__(self, why: str) -> None:
        super().__init__(
            f"This can't be kept: {why}.", remedy="Send plain JSON and text without NUL characters."
        )


def transact(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    """Do work in one transaction, then send the hints that it noted.

    After a deadlock (40P01) it is tried again.

    Raises:
        Unavailable: The database is away.
        Unstorable: It refuses a value.
    """
    for attempt in range(4):
        try:
            with engine.connect() as connection:
                forget(connection)
                with connection.begin():
                    result = work(connection)
                send(connection)
                return result
        except PoolExhausted as error:
            raise away(error) from error
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == "40P01" and attempt < 3:
                continue
            if is_away(error):
                raise away(error) from error
            if isinstance(error.orig, psycopg.DataError):
                raise Unstorable(str(error.orig).partition("\n")[0]) from error
            raise
    raise AssertionError("unreachable")
