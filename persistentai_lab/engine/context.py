"""The context that a body is lent (`blocks.Context`), in the worker and in its children alike."""

import asyncio
import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from ..blocks.context import Http
from ..errors import NodeError
from ..ids import Json
from ..memory.body import BodyMemory
from ..memory.layer import Ask, Command, Promise
from ..memory.records.asks import GetRecord
from ..memory.storable import storable
from .policies.spending import Spent, spent_of
from .web import Web
from .write import RecordWrite


@dataclass(frozen=True, slots=True)
class Errand:
    """Which attempt at which step this is: all a body may know of its run."""

    run: str
    path: str
    attempt: int
    group: int
    """Counts how often a person said "again"; every attempt of a group is the same errand."""

    @property
    def key(self) -> str:
        """The idempotency key for calls outside."""
        return f"{self.run}/{self.path}/{self.group}"

    def random(self) -> Random:
        """Random numbers from their beginning: the same ones for every attempt."""
        return Random(f"{self.run}/{self.path}")


@dataclass(slots=True)
class Say:
    """Where logs and progress go. Called from any thread."""

    log: Callable[[str, str], None]
    progress: Callable[[float, float | None], None]
    spend: Callable[[Spent], object] = lambda _: None
    """Where costs go."""


class BufferedMemory(BodyMemory):
    """Reads what is committed; keeps back what it writes until the step is recorded."""

    def __init__(self, path: str, ask: Ask) -> None:
        super().__init__(ask, self._note)
        self._path = path
        self._ask = ask
        self.writes: list[RecordWrite] = []
        self.commands: list[Command] = []

    def _note(self, command: Command) -> Promise:
        self.commands.append(command)
        return Promise(len(self.commands) - 1)

    async def get(self, key: str) -> Json:
        """The value under `key`, this body's own writes included."""
        mine = [write for write in self.writes if write.key == key]
        value = (
            None
            if any(write.mode == "put" for write in mine)
            else (await self._ask(GetRecord(key=key))).value
        )
        for write in mine:
            if write.mode == "put":
                value = write.value
            else:
                earlier = value if isinstance(value, list) else [] if value is None else [value]
                value = [*earlier, *write.value]  # type: ignore[misc]
        return copy.deepcopy(value)

    def put(self, key: str, value: Json) -> None:
        """Set `key` when the step is recorded."""
        self.writes.append(RecordWrite(key_of(key), "put", storable(value)[0], self._path))

    def append(self, key: str, item: Json) -> None:
        """Add to the list under `key` when the step is recorded."""
        self.writes.append(RecordWrite(key_of(key), "append", [storable(item)[0]], self._path))


def key_of(key: str) -> str:
    """A key under which a record can lie."""
    if not key or len(key) > 500 or "\0" in key:
        raise NodeError(f"{key!r} is no key for a record.", remedy="Use 1 to 500 characters.")
    return key


@dataclass(slots=True)
class LentContext:
    """Implements `blocks.Context`."""

    errand: Errand
    say: Say
    memory: Any
    """`BufferedMemory`, or `Blocking` around it for a body that is no coroutine."""
    http: Http = field(default_factory=Web)
    _random: Random | None = None

    @property
    def random(self) -> Random:
        """Made when first asked for: few ask, and a seed takes longer than many a body."""
        if self._random is None:
            self._random = self.errand.random()
        return self._random

    @property
    def idempotency_key(self) -> str:
        """Same for every attempt to do the same thing."""
        return self.errand.key

    @property
    def attempt(self) -> int:
        """Counts from 1."""
        return self.errand.attempt

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC)

    def log(self, message: str, *, level: str = "info") -> None:
        """Say something to whoever watches the run."""
        self.say.log(level, message)

    def progress(self, done: float, total: float | None = None) -> None:
        """Say how far the body has come; what is no number says nothing."""
        if math.isfinite(done):
            self.say.progress(done, total if total is None or math.isfinite(total) else None)

    def spend(
        self, *, tokens: int = 0, money: Decimal | float | None = None, currency: str = "USD"
    ) -> None:
        """Say what the body has spent; it counts for the budgets around it."""
        self.say.spend(spent_of(tokens, money, currency))

    async def sleep(self, seconds: float) -> None:
        """Wait without holding a thread."""
        await asyncio.sleep(seconds)
