"""What a body says while it runs: log lines and progress, on their way to the run's events."""

import asyncio
import time
from collections.abc import Callable

from ...events import model as events

LOGS_MAX = 1_000
"""Lines that one attempt may log: a loop that says too much must not drown the run."""
LINE_MAX = 10_000
PROGRESS_EVERY_S = 0.1


class Saying:
    """What one attempt says. Called from any thread."""

    __slots__ = ("_loop", "_said", "_shown_at", "_tell")

    def __init__(self, tell: Callable[["events.Event"], None]) -> None:
        """`tell` is called on the loop that makes this."""
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._said = 0
        self._shown_at = 0.0

    def log(self, level: str, message: str) -> None:
        """A line, as long as there were not too many."""
        self._said += 1
        if self._said <= LOGS_MAX:
            self._soon(events.NodeLogged(level=plain(level), message=plain(message[:LINE_MAX])))
        elif self._said == LOGS_MAX + 1:
            more = f"… more than {LOGS_MAX} lines"
            self._soon(events.NodeLogged(level="warning", message=more))

    def progress(self, done: float, total: float | None) -> None:
        """How far it has come, not more often than anybody could see."""
        now = time.monotonic()
        if now - self._shown_at >= PROGRESS_EVERY_S or done == total:
            self._shown_at = now
            self._soon(events.NodeProgressed(done=done, total=total))

    def _soon(self, fact: "events.Event") -> None:
        self._loop.call_soon_threadsafe(self._tell, fact)


def plain(text: str) -> str:
    """Text that can be kept: file names in another encoding come with lone surrogates."""
    return text.encode(errors="replace").decode()
