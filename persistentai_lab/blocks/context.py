"""How a body reaches the world: only through the context that the engine lends it."""

from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any, NoReturn, Protocol

from pydantic import BaseModel

from ..errors import LabError
from ..memory.feed.body import Feed
from ..memory.files.body import Files
from ..memory.history.body import History
from ..memory.knowledge.body import Knowledge
from ..memory.knowledge.context import Context as Assembled
from ..memory.knowledge.model import Recalled
from ..memory.records.body import Records


class HttpReply(BaseModel):
    """Answer to an HTTP request."""

    status: int
    headers: dict[str, str]
    text: str


class Http(Protocol):
    """The web, as far as the run may use it."""

    async def get(
        self, url: str, *, headers: dict[str, str] | None = None, timeout_s: float = 30.0
    ) -> HttpReply:
        """Fetch a page. Raises `NodeError` (retryable for network trouble and 5xx)."""
        ...


class Memory(Protocol):
    """The Memory Tree of the workspace. Writes commit with the step's record, or not at all.

    In a body that is no coroutine the same calls wait, and return what is awaited here.
    """

    @property
    def feed(self) -> Feed:
        """Everything in rooms and sessions, in one order."""
        ...

    @property
    def files(self) -> Files:
        """Documents and data, in versions."""
        ...

    @property
    def history(self) -> History:
        """What runs did, with what, at which cost."""
        ...

    @property
    def knowledge(self) -> Knowledge:
        """Facts, and text found by words and meaning."""
        ...

    @property
    def records(self) -> Records:
        """Values by key, and documents in collections."""
        ...

    async def recall(self, query: str, **more: Any) -> Recalled:
        """What fits a question, best first; see `knowledge.recall`."""
        ...

    async def context(self, query: str, **more: Any) -> Assembled:
        """What goes into a turn, from all layers, within a budget; see `knowledge.context`."""
        ...


class Context(Protocol):
    """Lent to a body that has a parameter `ctx`. Not a port."""

    @property
    def idempotency_key(self) -> str:
        """Same for every attempt to do the same thing: hand it to whatever you call."""
        ...

    @property
    def attempt(self) -> int:
        """Counts from 1."""
        ...

    @property
    def memory(self) -> Memory:
        """The Memory Tree of the workspace."""
        ...

    @property
    def http(self) -> Http:
        """The web."""
        ...

    @property
    def random(self) -> Random:
        """Random numbers seeded by run and path: the same on every attempt."""
        ...

    def now(self) -> datetime:
        """The time, aware, UTC."""
        ...

    def log(self, message: str, *, level: str = "info") -> None:
        """Say something to whoever watches the run."""
        ...

    def progress(self, done: float, total: float | None = None) -> None:
        """Say how far the body has come."""
        ...

    def spend(
        self, *, tokens: int = 0, money: Decimal | float | None = None, currency: str = "USD"
    ) -> None:
        """Say what the body has spent, as soon as it is known: budgets go by it."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait without holding a thread."""
        ...


class _Lent:
    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise LabError(
            f"`ctx.{name}` is there only while the engine runs the block.",
            remedy="To call the function by hand, as a test does, pass a context: `ctx=…`.",
        )


LENT: Any = _Lent()
"""Default of a parameter `ctx`: whoever places the block in a flow needn't name it."""
