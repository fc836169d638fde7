"""The context that a body is lent (`blocks.Context`), in the worker and in its children alike."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from ...blocks.context import Http
from ...memory.body import BodyMemory
from ...memory.layer import Ask, Command, Promise
from ..policies.spending import Spent, spent_of
from .web import Web


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
    """Reads what is committed; keeps back what it does until the step is recorded."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(ask, self._note)
        self.commands: list[Command] = []

    def _note(self, command: Command) -> Promise:
        self.commands.append(command)
        return Promise(len(self.commands) - 1)


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
