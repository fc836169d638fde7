"""What a body is lent of the Memory Tree (`ctx.memory`)."""

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from .feed.body import Feed
from .files.body import Files
from .history.body import History
from .knowledge.body import Knowledge
from .knowledge.context import Context
from .knowledge.model import Recalled
from .layer import Ask, Do
from .records.body import Records

T = TypeVar("T")


class BodyMemory:
    """The layers, as a body has them: it reads what is committed, and writes with its step."""

    def __init__(self, ask: Ask, do: Do) -> None:
        self.feed = Feed(ask, do)
        self.files = Files(ask, do)
        self.knowledge = Knowledge(ask, do)
        self.records = Records(ask, do)
        self.history = History(ask)

    async def recall(self, query: str, **more: Any) -> Recalled:
        """What fits a question, best first; see `knowledge.recall`."""
        return await self.knowledge.recall(query, **more)

    async def context(self, query: str, **more: Any) -> Context:
        """What goes into a turn, from all layers, within a budget; see `knowledge.context`."""
        return await self.knowledge.context(query, **more)


class Blocking:
    """The same for a body that is no coroutine: what has to be awaited is waited for.

    Only for where asking blocks by itself, in a thread or a process of the body's own.
    """

    def __init__(self, memory: object) -> None:
        self._memory = memory

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._memory, name)
        if inspect.iscoroutinefunction(found):
            return _blocking(found)
        return found if callable(found) or name.startswith("_") else Blocking(found)


def _blocking(function: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., T]:
    def call(*args: Any, **kwargs: Any) -> T:
        return drive(function(*args, **kwargs))

    return call


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never has to wait for a loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    coroutine.close()
    raise AssertionError("it waits for a loop")
