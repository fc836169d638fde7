"""What the database says, as whoever asked memory is to hear it."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import DataError

from ..errors import LabError, MemoryRefused
from .pool import away, is_away


@contextmanager
def plainly() -> Iterator[None]:
    """Raise `Unavailable` when the database is away, `MemoryRefused` for a value it refuses.

    What is ours already, or a fault, goes on as it is. (An error must not be raised from itself:
    whoever follows its causes would never come to an end.)
    """
    try:
        yield
    except LabError:
        raise
    except Exception as error:
        if is_away(error):
            raise away(error) from error
        if isinstance(error, DataError):
            why = str(error).partition("\n")[0]
            raise MemoryRefused(
                f"This can't be kept: {why}.", remedy="Send plain JSON and text."
            ) from error
        raise
