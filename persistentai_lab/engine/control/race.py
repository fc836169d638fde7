"""`control.race`: whichever value is there first."""

from .step import RESULT, ControlStep, Outputs


async def race(step: ControlStep) -> Outputs:
    """Take the first value that is there, in the order of the ports if there are several."""
    ports = sorted({*step.sources, *step.node.values})
    winner, value = next((p, v) for p in ports if (v := step.arriving(p)) is not None)
    step.decided(winner)
    return {RESULT: await step.kept(value)}
