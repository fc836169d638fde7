"""The clock."""

from pydantic import AwareDatetime

from persistentai_lab.blocks import LENT, Context, Example, block


@block(title="Now", effect="read", examples=(Example(inputs={}),))
def now(*, ctx: Context = LENT) -> AwareDatetime:
    """Read the clock.

    What it shows is recorded: a replay of the run shows the same.

    Args:
        ctx: Lent by the engine. Not a port.

    Returns:
        Date and time in UTC. `dates.format` writes it as people do, in their own time zone.
    """
    return ctx.now()
