"""`control.race`: whichever value is there first."""

from ..records.values import Value
from .step import RESULT, ControlStep, Outputs


async def race(step: ControlStep) -> Outputs:
    """Take the first value that is there, in the order of the ports if there are several.

    With its record, what only the race needed is stopped (see `stopping.settle`).
    """
    winner = step.ports[0]
    value = step.arriving(winner)
    assert value is not None  # a race begins when something is there
    kept: Value = await step.kept(value)
    step.win(winner)
    return {RESULT: kept}
