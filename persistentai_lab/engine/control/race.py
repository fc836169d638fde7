"""`control.race`: whichever value is there first."""

from ...errors import NodeError
from ..records.values import Value
from .step import FINAL, RESULT, ControlStep, Outputs


class NoWinner(NodeError):
    """Everybody who ran in a race has failed."""

    code = "no_winner"


async def race(step: ControlStep) -> Outputs:
    """Take the first value that is there, in the order of the ports if there are several.

    With its record, what only the race needed is stopped (see `stopping.settle`).
    """
    if not step.ports:
        raise _no_winner(step)
    winner = step.ports[0]
    value = step.arriving(winner)
    assert value is not None  # a race begins when something is there
    kept: Value = await step.kept(value)
    step.win(winner)
    return {RESULT: kept}


def _no_winner(step: ControlStep) -> NoWinner:
    defeats = step.defeats()
    each = "; ".join(f"{node}: {info.message.rstrip('.')}" for node, info in defeats.items())
    error = NoWinner(
        f"All who could have won the race have failed. {each}.",
        remedy="One of them has to succeed; or put the race into `attempt`.",
    )
    if codes := {info.code for info in defeats.values()}:
        error.code = codes.pop() if codes <= FINAL else error.code
    return error
