"""The policies of a node around its body, in their order.

A kept result comes before everything, for it costs nothing. Then the budget, which may wait for a
person; the circuit, which may refuse; and last the turn, so that nobody holds one who does not use
it.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from ...errors import BudgetExceeded, CircuitOpen, NodeError
from ...events import model as events
from ...flow.model import Node, Policy
from ...flow.signature import Effect, Signature, code_unit
from ...ids import Workspace
from ...storage.pool import Pool
from ..bodies.context import Errand
from ..patience import insist
from ..pulse import Pulse
from ..records.record import Question, Record
from ..records.values import Value, Values
from ..scope import Scope
from ..steps import approval
from . import cache
from .breaker import Circuit
from .budget import Budgets, Purse
from .rate import Turn, take_turn
from .spending import Spent

SHORT_S = 2.0
"""A turn that comes sooner is waited for in the leg; for others the run may lie down."""


_NONE = Policy()


class NotNow(Exception):
    """The run is to pause: nothing may start."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a node lends to its policies."""

    scope: Scope
    ask: Callable[[events.HumanRequested], Awaitable[Question]]
    wait_until: Callable[[Turn, str], Awaitable[None]]
    """Wait for a turn under a key, however long; the run may lie down meanwhile."""
    rest: Callable[[float], Awaitable[bool]]
    """Wait a moment; False if nothing may start any more."""
    tell: Callable[[events.CircuitTurned], None]
    """Tell of it."""


class Keeper:
    """Makes the policies of a leg's nodes."""

    def __init__(self, pool: Pool, record: Record, values: Values, pulse: Pulse) -> None:
        self.pool = pool
        self.record = record
        self.values = values
        self.budgets = Budgets(record, pulse)

    def of(self, scope: Scope, node: Node, node_id: str, signature: Signature) -> "Kept | None":
        """Of a node; None if it has none, as most."""
        policy = node.policy or _NONE
        purses = self.budgets.of(scope, node_id)
        if policy.rate is None and policy.cache_s is None and policy.breaker is None and not purses:
            return None
        return Kept(self, node, signature, policy, purses)


@dataclass(slots=True)
class Kept:
    """The policies of one node."""

    _keeper: Keeper
    _node: Node
    _signature: Signature
    _policy: Policy
    purses: tuple[Purse, ...]
    _circuit: Circuit | None = None
    _key: str = ""
    _begun: float | None = None

    async def lets(
        self, errand: Errand, inputs: dict[str, Value], around: Around
    ) -> "cache.Kept | None":
        """Return when the body may start; a kept result, if there is one to be used instead.

        Raises:
            NodeError: It may not: its circuit is open, or its budget used up.
            NotNow: The run is to pause.
        """
        if (kept := await self._kept(inputs)) is not None:
            return kept
        if self._signature.effect is not Effect.PURE or any(
            purse.budget.seconds is not None for purse in self.purses
        ):
            await self._keeper.budgets.insist(self.purses, around.ask, around.scope)
        if self._policy.breaker is not None:
            breaker = self._policy.breaker
            key = breaker.key or self._node.block
            pool = self._keeper.pool
            self._circuit = Circuit(pool, self._workspace, key, breaker, around.tell)
            await insist(self._circuit.insist, "a circuit breaker")
        if self._policy.rate is not None:
            await self._turn(errand, around)
        self._begun = time.monotonic()
        return None

    def spent(self, what: Spent) -> None:
        """The body has spent something."""
        self._keeper.budgets.spend(self.purses, what)

    async def failed(self, error: NodeError) -> None:
        """The body has failed."""
        self._took()
        if self._circuit is not None and not isinstance(error, CircuitOpen | BudgetExceeded):
            await insist(self._circuit.failed, "a circuit breaker")

    async def succeeded(self, outputs: dict[str, Value]) -> None:
        """The body has given these."""
        self._took()
        if self._circuit is not None:
            await insist(self._circuit.succeeded, "a circuit breaker")
        if self._policy.cache_s is not None and self._key:
            keeping = partial(
                cache.keep,
                self._keeper.pool,
                self._workspace,
                self._key,
                self._policy.cache_s,
                outputs,
                self._keeper.record.run,
                self._who,
            )
            await insist(keeping, "keeping a result")

    async def _kept(self, inputs: dict[str, Value]) -> "cache.Kept | None":
        if self._policy.cache_s is None:
            return None
        unit = code_unit(self._node.block)
        code = self._keeper.record.code[unit] if unit else None
        kept = {name: await self._keeper.values.recordable(it) for name, it in inputs.items()}
        self._key = approval.hash_of(self._node, code, kept)
        looking = partial(
            cache.look_up, self._keeper.pool, self._workspace, self._key, self._policy.cache_s
        )
        return await insist(looking, "a kept result")

    async def _turn(self, errand: Errand, around: Around) -> None:
        rate = self._policy.rate
        assert rate is not None
        key = rate.key or self._node.block
        taking = partial(
            take_turn, self._keeper.pool, self._workspace, key, rate, errand, self._who
        )
        turn = await insist(taking, "a turn")
        if turn.wait_s > SHORT_S:
            await around.wait_until(turn, key)
        elif turn.wait_s > 0 and not await around.rest(turn.wait_s):
            raise NotNow

    def _took(self) -> None:
        if self._begun is not None:
            self._keeper.budgets.took(self.purses, time.monotonic() - self._begun)
            self._begun = None

    @property
    def _workspace(self) -> Workspace:
        return self._keeper.record.workspace

    @property
    def _who(self) -> tuple[str, str]:
        return self._keeper.record.owner, self._keeper.record.caller
