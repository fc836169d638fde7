"""`control.race`: whichever value is there first."""

from .step import RESULT, ControlStep, Outputs


async def race(step: ControlStep) -> Outputs:
    """Take the first value that is there, in the order of the ports if there are several."""
    winner = step.ports[0]
    value = step.arriving(winner)
    assert value is not None  # a race begins when something is there
    step.decided(winner)
    return {RESULT: await step.kept(value)}
