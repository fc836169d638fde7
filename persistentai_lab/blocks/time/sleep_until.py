"""Sleep until a moment."""

from typing import Annotated, Any

from pydantic import AwareDatetime

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.waits import only_in_a_run
from persistentai_lab.flow.follow import SameAs


@block(
    title="Sleep until",
    effect="human",
    examples=(Example(inputs={"value": "go", "moment": "2030-01-31T08:00:00+01:00"}),),
)
def sleep_until(moment: AwareDatetime, value: Any = None) -> Annotated[Any, SameAs("value")]:
    """Hand a value on when a moment has come; at once if it is past.

    A run that sleeps holds no process and no thread. The database's clock decides.

    Args:
        moment: When, with its time zone.
        value: Any value.

    Returns:
        The value, unchanged.
    """
    only_in_a_run()
