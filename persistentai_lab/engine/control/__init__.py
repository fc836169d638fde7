"""Control nodes at work: each opens flows inside the run, and walks them as the run is walked."""

from collections.abc import Awaitable, Callable, Mapping

from ...flow.control import kinds
from ...ids import NodeId
from ..records.values import Value
from ..scope import Scope
from ..steps.step import Step
from ..steps.steps import Steps
from ..steps.waiting import EMIT, WAITS, EmitStep, WaitStep
from .attempt import attempt
from .branches import switch, when
from .call import call
from .each import each
from .loops import reduce, repeat
from .race import race
from .start import StartStep
from .step import ControlStep

_RUNNERS: Mapping[str, Callable[[ControlStep], Awaitable[dict[str, Value]]]] = {
    kinds.ATTEMPT: attempt,
    kinds.CALL: call,
    kinds.EACH: each,
    kinds.RACE: race,
    kinds.REDUCE: reduce,
    kinds.REPEAT: repeat,
    kinds.SWITCH: switch,
    kinds.WHEN: when,
}


def step_of(leg: Steps, scope: Scope, node: NodeId) -> Step:
    """The step of a node: of one with a body, of a control node, or of one that waits."""
    block = scope.version.nodes[node].block
    if block == kinds.START:
        return StartStep(leg, scope, node)
    if block in WAITS:
        return WaitStep(leg, scope, node)
    if block == EMIT:
        return EmitStep(leg, scope, node)
    runner = _RUNNERS.get(block)
    return Step(leg, scope, node) if runner is None else ControlStep(leg, scope, node, runner)
