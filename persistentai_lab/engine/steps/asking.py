"""What a leg asks people, and who of its nodes waits for which answer.

A node that waits is a coroutine only as long as its leg lives, and the leg parks as soon as nothing
else is at work. While other branches are busy, an answer reaches its node at once: a hint says that
there is one, and whoever waits looks. Nothing depends on the hint: parking looks under the run's
lock, and the worker looks each second.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ...events import model as events
from ..pulse import Pulse
from ..records.batch import Batch, QuestionRow
from ..records.record import NOBODY, Question

Commit = Callable[[Batch], Awaitable[None]]
ReadAnswers = Callable[[list[str]], Awaitable[list[Question]]]
"""Those of the named questions that have been answered."""
Clock = Callable[[], Awaitable[datetime]]
"""The time by the database's clock, which is the one that questions expire by."""
LookAround = Callable[[str, str], Awaitable[None]]
"""Give a wait the signal that is there, if any: the signals' name, the wait's id."""


@dataclass(slots=True)
class _Waiter:
    answered: asyncio.Future[Question]
    kind: str
    is_still: bool = False
    """Whether it has told the pulse that it waits."""


@dataclass(slots=True)
class People:
    """Everybody that one leg asks. The nodes wait here; `look` brings them their answers."""

    pulse: Pulse
    commit: Commit
    read: ReadAnswers
    clock: Clock
    look_around: LookAround
    emitted: Callable[[], None]
    """To be called when a signal has been committed."""
    _known: dict[str, Question] = field(default_factory=dict)
    _waiting: dict[str, _Waiter] = field(default_factory=dict)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def nobody(cls) -> "People":
        """For a walk that asks nobody: it takes everything from a record."""

        async def never(*_: object) -> Any:
            raise AssertionError("nobody is asked here")

        return cls(Pulse(), never, never, never, never, lambda: None)

    def remember(self, questions: Iterable[Question]) -> None:
        """What earlier legs have asked."""
        self._known |= {asked.id: asked for asked in questions if not asked.is_moot}

    def has_answer(self, question: str) -> bool:
        """Whether a question has been answered, as far as is known here."""
        known = self._known.get(question)
        return known is not None and known.answer is not None

    @property
    def open(self) -> list[str]:
        """Ids of the questions whose answers are waited for."""
        return list(self._waiting)

    @property
    def reason(self) -> str:
        """What the run waits for, in a few words."""
        kinds = {waiter.kind for waiter in self._waiting.values()}
        if kinds <= {"timer"}:
            return "sleeps"
        if kinds <= NOBODY:
            return "waits for a signal"
        return "waits for a person's decision"

    async def answer(self, asked: QuestionRow, batch: Batch) -> Question:
        """Ask, unless an earlier leg has, and wait for the answer.

        Args:
            asked: The question.
            batch: What is committed together with it; its event, at least.
        """
        known = self._known.get(asked.id)
        if known is not None and known.answer is not None:
            return known
        waiter = _Waiter(asyncio.get_running_loop().create_future(), asked.kind)
        self._waiting[asked.id] = waiter
        try:
            if known is None:
                batch.questions.append(asked)
                await self.commit(batch)
            if asked.topic is not None:  # what was emitted before it was known that one waits
                await self.look_around(asked.topic, asked.id)
            if known is not None or asked.topic is not None:  # it may have been answered since
                await self.look()
            if not waiter.answered.done():
                waiter.is_still = True
                self.pulse.end()
            return await waiter.answered
        finally:
            if waiter.is_still:  # cancelled: whoever ends at once has to be at work
                self.pulse.begin()
            del self._waiting[asked.id]

    async def look(self) -> None:
        """Give the nodes the answers that have come by now."""
        async with self._looking:
            if not self._waiting:
                return
            for question in await self.read(self.open):
                self._known[question.id] = question
                waiter = self._waiting.get(question.id)
                if waiter is None or waiter.answered.done():
                    continue
                if waiter.is_still:
                    waiter.is_still = False
                    self.pulse.begin()
                waiter.answered.set_result(question)

    async def due(self, question: str, expires_s: float | None) -> datetime | None:
        """When a question that is now to be asked expires."""
        if expires_s is None or question in self._known:
            return None
        return await self.clock() + timedelta(seconds=expires_s)


def row_of(
    fact: events.HumanRequested,
    *,
    path: str,
    node: str,
    attempt: int,
    at_expiry: object = None,
    inputs: str | None = None,
) -> QuestionRow:
    """A question as it is kept, made from the event that tells of it.

    Args:
        fact: The event.
        path: Where the node stands that asks.
        node: The node.
        attempt: The attempt that it is about.
        at_expiry: The answer that is given when nobody did in time.
        inputs: What it is about, as steps record values.
    """
    return QuestionRow(
        fact.question,
        path,
        node,
        attempt,
        fact.text,
        list(fact.choices),
        kind=fact.kind,
        asked=list(fact.asked),
        answer_type=None if fact.answer_type is None else json.dumps(fact.answer_type),
        block=fact.block,
        inputs=inputs,
        inputs_hash=fact.inputs_hash,
        due=None if fact.due is None else fact.due.isoformat(),
        at_expiry=None if at_expiry is None else json.dumps(at_expiry),
    )
