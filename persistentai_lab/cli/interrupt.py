"""Ctrl-C while watching: one word, and gone."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

DETACHED = 130
"""Exit code of who stopped watching."""


@contextmanager
def leaving_at_once(farewell: str = "", report: str = "") -> Iterator[None]:
    """Have Ctrl-C end this process without unwinding what it waits for.

    Unwinding would join the stream's thread, and a join that Ctrl-C cuts off leaves its lock taken,
    so that the next join waits for ever (seen on Python 3.11).

    Args:
        farewell: Printed on standard error.
        report: Printed on standard output.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        with suppress(RuntimeError, OSError):  # cut off in the middle of a print
            sys.stdout.flush()
        for stream, text in ((1, report), (2, farewell)):
            with suppress(OSError):
                os.write(stream, text.encode())
        os._exit(DETACHED)

    before = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
