"""Hand-written stand-ins. Each is a few lines; none patches anything."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from persistentai_lab.blocks.context import HttpReply
from persistentai_lab.errors import NodeError
from persistentai_lab.ids import Json
from persistentai_lab.memory.body import BodyMemory
from persistentai_lab.memory.layer import Answer, Command, Promise, Query
from persistentai_lab.memory.records.asks import GetRecord
from persistentai_lab.memory.records.model import Record


class FakeHttp:
    """The web as a table: a URL leads to a reply, to an error, or nowhere."""

    def __init__(self, pages: Mapping[str, HttpReply | Exception]) -> None:
        self.pages = dict(pages)
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def get(
        self, url: str, *, headers: dict[str, str] | None = None, timeout_s: float = 30.0
    ) -> HttpReply:
        """Answer from the table, and remember what was asked."""
        self.asked.append((url, headers or {}))
        page = self.pages.get(url, NodeError(f"Nothing answers at {url!r}.", retryable=True))
        if isinstance(page, Exception):
            raise page
        return page


class FakeMemory(BodyMemory):
    """Records in a dict; `commands` holds what would be done with the step's record."""

    def __init__(self, records: Mapping[str, Json] | None = None) -> None:
        super().__init__(self._answer, self._note)
        self._kept = dict(records or {})
        self.asked: list[Query] = []
        self.commands: list[Command] = []

    async def _answer(self, query: Query) -> Answer:
        self.asked.append(query)
        match query:
            case GetRecord(key=key) if key in self._kept:
                now = datetime(2026, 1, 1, tzinfo=UTC)
                record = Record(key=key, revision=1, value=deepcopy(self._kept[key]),
                                updated_at=now, owner="ada", caller="ada")  # fmt: skip
                return Answer(record.model_dump(mode="json"))
        return Answer()

    def _note(self, command: Command) -> Promise:
        self.commands.append(command)
        return Promise(len(self.commands) - 1)


class FakeContext:
    """A `Context` that remembers what a body did, and whose clock moves only by `sleep`."""

    def __init__(
        self,
        *,
        pages: Mapping[str, HttpReply | Exception] | None = None,
        records: Mapping[str, Json] | None = None,
        attempt: int = 1,
        seed: int = 0,
    ) -> None:
        self.idempotency_key = "r-1/s0/1"
        self.attempt = attempt
        self.http = FakeHttp(pages or {})
        self.memory = FakeMemory(records)
        self.random = Random(seed)
        self.logged: list[tuple[str, str]] = []
        self.progressed: list[tuple[float, float | None]] = []
        self.slept: list[float] = []
        self.spent: list[tuple[int, Decimal | float | None, str]] = []

    def now(self) -> datetime:
        """New Year 2026, plus what was slept."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=sum(self.slept))

    def log(self, message: str, *, level: str = "info") -> None:
        """Remember the message."""
        self.logged.append((level, message))

    def progress(self, done: float, total: float | None = None) -> None:
        """Remember how far the body had come."""
        self.progressed.append((done, total))

    def spend(
        self, *, tokens: int = 0, money: Decimal | float | None = None, currency: str = "USD"
    ) -> None:
        """Remember what was spent."""
        self.spent.append((tokens, money, currency))

    async def sleep(self, seconds: float) -> None:
        """Return at once; only the fake clock moves."""
        self.slept.append(seconds)
