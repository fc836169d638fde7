"""The nodes of one leg: each is walked to when its turn comes, and then sees to itself."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ...ids import NodeId
from ..bodies.body import Bodies
from ..bodies.code import Code
from ..memory import Memory
from ..policies.keeper import Keeper
from ..records.record import Record
from ..records.recorder import Recorder
from ..records.values import Values
from ..scope import Scope, Stopped
from ..walk import Walk
from .asking import People
from .pausing import Gate
from .spawning import Wish

if TYPE_CHECKING:
    from .step import Step


class Steps:
    """The nodes of one leg, in whichever scope."""

    may_use_network = True

    def __init__(
        self,
        record: Record,
        recorder: Recorder,
        bodies: Bodies,
        values: Values,
        *,
        people: People,
        worker: str,
        gate: Gate,
        step_of: "Callable[[Steps, Scope, NodeId], Step]",
        spawn: Callable[[Wish], Awaitable[None]],
        read_code: Callable[[str], Awaitable[Code]],
        memory: Memory,
        keeper: Keeper | None = None,
    ) -> None:
        self._record = record
        self._recorder = recorder
        self._bodies = bodies
        self._values = values
        self._people = people
        self._worker = worker
        self.gate = gate
        self._step_of = step_of
        self.spawn = spawn
        self._read_code = read_code
        self.memory = memory
        self._keeper = keeper
        self.root = Scope.of_run(record)
        self.opened = 0
        """How many flows its control nodes have opened."""
        self.closed: set[str | None] = set()
        """Questions that this leg has closed."""

    async def walk(self, scope: Scope) -> None:
        """Walk a flow as far as it goes. Nothing new starts once a node has failed.

        What runs then may finish, and is recorded. Nodes that wait for people keep it from ending;
        `People.pulse` tells when there are only those.
        """

        async def run(node: NodeId) -> bool:
            return not scope.is_stopping and await self.run(scope, node)

        version, pulse = scope.version, self._people.pulse
        races, before = version.races, version.plan.before
        walk = Walk(before, scope.done, run, pulse, races, beaten=lambda: scope.beaten)
        await walk.to_the_end()

    async def run(self, scope: Scope, node_id: NodeId) -> bool:
        """Run a node to its end. True when its outputs are there."""
        if node_id in scope.skipped:
            return False
        step = self.step_of(scope, node_id)
        if node_id in scope.unneeded and not step.may_be_called_again:
            return False
        with scope.working(node_id, step):
            if not (step.may_run_ahead and self._recorder.is_abreast) or self.gate.is_watched:
                await self._recorder.caught_up()
                if scope.is_stopping:
                    return False
            if not self.gate.is_free and not await self.gate.lets(
                *step.next_attempt, step.inputs, runs_others=step.runs_others
            ):
                return False
            try:
                return not scope.is_stopping and await step.to_its_end()
            except Stopped:
                return False

    @property
    def record(self) -> Record:
        """What was recorded before the leg began."""
        return self._record

    @property
    def people(self) -> People:
        """Whom it asks."""
        return self._people

    def step_of(self, scope: Scope, node_id: NodeId) -> "Step":
        """The step of a node."""
        return self._step_of(self, scope, node_id)
