"""The value that is there first."""

from typing import Annotated, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.lists.of import ABSENT, PORTS
from persistentai_lab.flow.follow import AnyOf


@block(
    title="Race",
    effect="read",
    examples=(Example(inputs={"b": "quick"}, output="quick"),),
)
def race(
    a: Any = ABSENT,
    b: Any = ABSENT,
    c: Any = ABSENT,
    d: Any = ABSENT,
    e: Any = ABSENT,
    f: Any = ABSENT,
    g: Any = ABSENT,
    h: Any = ABSENT,
) -> Annotated[Any, AnyOf(PORTS)]:
    """Go on with whichever of up to eight values is there first; which one it was is recorded.

    What could only serve the race is stopped then: bodies end, what they asked or waited for is
    closed, and a failure of theirs fails nothing. What also feeds something else goes on. A `write`
    in the middle ends and is recorded, for nobody could tell afterwards whether it had happened.

    A branch that fails before, once its retries are used up, is out of the race, and the others run
    on; what could only serve that branch is stopped. Once all have failed, so does the race
    (`no_winner`), and names each failure. What also feeds something else runs in no race: its
    failure is the flow's.

    Args:
        a: The first value.
        b: The second.
        c: The third.
        d: The fourth.
        e: The fifth.
        f: The sixth.
        g: The seventh.
        h: The eighth.

    Returns:
        The value that was there first.
    """
    return next((item for item in (a, b, c, d, e, f, g, h) if item != ABSENT), None)
