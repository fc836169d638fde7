"""Budgets: before a node starts, what was spent in its part of the run is held against the limit.

What a body spends is known when it has said so; branches under way may go beyond the limit by what
they spend meanwhile, and nothing starts after that. Then a person is asked, once for all nodes that
the budget holds up: raise it by so much, or stop. How far it was raised stands in the answers, so a
leg that takes over knows it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ...errors import BudgetExceeded
from ...events import model as events
from ...flow.control.kinds import KINDS
from ...flow.model import Budget
from ...ids import JsonSchema
from ..pulse import Pulse
from ..records.record import Question, Record
from ..scope import Scope
from .spending import MICROS, Spent, Sum, micros_of

ANSWER: JsonSchema = {"type": "number", "minimum": 0}
"""By how much it is raised; nought stops what it holds up."""
Ask = Callable[[events.HumanRequested], Awaitable[Question]]


@dataclass(slots=True)
class Purse:
    """One budget of a run: of all nodes whose ids begin so."""

    name: str
    """`outer/` for what is inside `outer`; empty for the whole run."""
    budget: Budget
    spent: Sum
    raised: dict[str, list[float]] = field(default_factory=dict)
    """By how much people have raised it, by what they raised."""

    def covers(self, node: str) -> bool:
        """Whether a node's costs count for it."""
        inside = self.name.rstrip("/")
        return not inside or node == inside or node.startswith(f"{inside}/")

    def used_up(self) -> "tuple[str, str] | None":
        """What of it is used up, and how that is told; None while there is some left."""
        budget, spent = self.budget, self.spent
        other = sorted(spent.micros.keys() - {budget.currency})
        if budget.money is not None and other:
            raise BudgetExceeded(
                f"Money was spent in {', '.join(other)}, and the budget is in {budget.currency}.",
                remedy=f"Report costs in {budget.currency}, or give the budget another currency.",
                code="currency_mismatch",
            )
        if budget.tokens is not None and spent.tokens >= (most := self._most("tokens")):
            return "tokens", f"{spent.tokens:,} of {most:,.0f} tokens are used"
        if budget.seconds is not None and spent.seconds >= (most := self._most("seconds")):
            return "seconds", f"{spent.seconds:.1f} of {most:g} seconds are used"
        if budget.money is not None:
            micros, most = spent.micros.get(budget.currency, 0), self._most("money")
            if micros >= micros_of(most):
                return "money", f"{micros / MICROS:.2f} of {most:.2f} {budget.currency} are spent"
        return None

    def _most(self, what: str) -> float:
        return float(getattr(self.budget, what)) + sum(self.raised.get(what, ()))

    def question(self, what: str) -> str:
        """The id of the next question about it."""
        return f"{self.name}#budget-{what}-{len(self.raised.get(what, ())) + 1}"


@dataclass(slots=True)
class _Asking:
    answered: "asyncio.Future[None]"
    followers: int = 0


class Budgets:
    """The budgets of a run, for one leg."""

    def __init__(self, record: Record, pulse: Pulse) -> None:
        self._record = record
        self._pulse = pulse
        self._purses: dict[str, Purse] = {}
        self._asking: dict[str, _Asking] = {}

    def of(self, scope: Scope, node: str) -> tuple[Purse, ...]:
        """The budgets that a node's costs count for: its own, and those around it."""
        found = (self._purse(name, budget) for name, budget in _around(scope))
        return tuple(purse for purse in found if purse.covers(node))

    def _purse(self, name: str, budget: Budget) -> Purse:
        if name not in self._purses:
            purse = self._purses[name] = Purse(name, budget, Sum())
            for attempts in self._record.attempts.values():
                for attempt in attempts:
                    if attempt.block not in KINDS and purse.covers(attempt.node):
                        purse.spent.add_recorded(attempt.cost, attempt.seconds)
            known = {q.id: q for at in self._record.questions.values() for q in at}
            for what in ("tokens", "money", "seconds"):
                while (asked := known.get(purse.question(what))) and _raise(asked) is not None:
                    purse.raised.setdefault(what, []).append(_raise(asked) or 0.0)
        return self._purses[name]

    async def insist(self, purses: Iterable[Purse], ask: Ask, scope: Scope) -> None:
        """Return when something is left of all of them. Raises `BudgetExceeded` on a person's no.

        Args:
            purses: The budgets that count.
            ask: Asks in the name of the node that is held up.
            scope: Where that stands.
        """
        for purse in purses:
            while (found := purse.used_up()) is not None:
                await self._ask(purse, *found, ask, scope)

    async def _ask(self, purse: Purse, what: str, told: str, ask: Ask, scope: Scope) -> None:
        question = purse.question(what)
        known = self._asking.get(question)
        if known is not None:
            return await scope.unless_stopped(self._follow(known))
        asking = self._asking[question] = _Asking(asyncio.get_running_loop().create_future())
        try:
            answered = await ask(_fact(question, purse, what, told))
            more = _raise(answered)
            if more is None:
                raise BudgetExceeded(
                    f"{answered.answered_by} decided to stop: {told}.",
                    remedy="Start it again with a larger budget, or reuse what is recorded.",
                )
            purse.raised.setdefault(what, []).append(more)
        finally:
            del self._asking[question]
            for _ in range(asking.followers):  # they are at work before whoever asked has ended
                self._pulse.begin()
            asking.answered.set_result(None)

    async def _follow(self, asking: _Asking) -> None:
        """Wait for an answer that another node has asked for."""
        asking.followers += 1
        self._pulse.end()
        try:
            await asyncio.shield(asking.answered)
        except asyncio.CancelledError:
            if not asking.answered.done():
                asking.followers -= 1
                self._pulse.begin()
            raise

    @staticmethod
    def spend(purses: Iterable[Purse], spent: Spent) -> None:
        """A body has spent something."""
        for purse in purses:
            purse.spent.add(spent)

    @staticmethod
    def took(purses: Iterable[Purse], seconds: float) -> None:
        """A body has taken so long."""
        for purse in purses:
            purse.spent.seconds += seconds


def _around(scope: Scope) -> Iterator[tuple[str, Budget]]:
    """All budgets of a flow being walked, and of those around it, by their names in the run."""
    at: Scope | None = scope
    while at is not None:
        for inside, budget in at.version.budgets:
            yield f"{at.name}{inside}", budget
        at = at.outer


def _raise(answered: Question) -> float | None:
    """By how much a person raises it; None if they stop."""
    value = (answered.answer or {}).get("value")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value else None  # type: ignore[arg-type]


def _fact(question: str, purse: Purse, what: str, told: str) -> events.HumanRequested:
    of = purse.name.rstrip("/")
    unit = purse.budget.currency if what == "money" else what
    return events.HumanRequested(
        question=question,
        text=f"The budget of {of or 'this run'} is used up: {told}. "
        f"By how many {unit} may it be raised? With 0 it stops here.",
        choices=(),
        kind="ask",
        answer_type=ANSWER,
    )
