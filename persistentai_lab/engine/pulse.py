"""Whether anything in a leg can go on by itself: if not, the leg parks."""

import asyncio


class Pulse:
    """Counts what is at work. What waits for a person, a time or an event is not.

    Whoever makes a task says `begin` for it before it runs; so between a node and the one after it
    the count is never nought. A walk hands the count of its last task to whoever waits for the walk
    (see `Walk.to_the_end`), so neither is it between an inner flow and the node that opened it.
    """

    def __init__(self) -> None:
        self._at_work = 0
        self._still = asyncio.Event()
        self._still.set()

    def begin(self) -> None:
        """One more is at work."""
        self._at_work += 1
        self._still.clear()

    def end(self) -> None:
        """One fewer: it has ended, or it waits."""
        self._at_work -= 1
        if not self._at_work:
            self._still.set()

    async def still(self) -> None:
        """Return when nothing can go on by itself."""
        await self._still.wait()

    @property
    def is_still(self) -> bool:
        """Whether nothing can go on by itself."""
        return not self._at_work
