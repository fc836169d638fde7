"""What is told of a call whose process ended before it answered."""

from collections.abc import Iterator
from contextlib import contextmanager


class ChildDied(Exception):
    """The process ended before it answered."""


class NotBegun(ChildDied):
    """There was no process to begin with: nothing has been done."""


@contextmanager
def nothing_done_yet() -> Iterator[None]:
    """Too many processes or open files, or a nursery that is gone: another may be better off."""
    try:
        yield
    except (OSError, ChildDied) as error:
        raise NotBegun(str(error)) from error
