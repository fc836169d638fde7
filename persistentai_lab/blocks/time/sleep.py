"""Sleep for a while, which may be months."""

from typing import Annotated, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.waits import Seconds, only_in_a_run
from persistentai_lab.flow.follow import SameAs


@block(
    title="Sleep",
    effect="human",
    examples=(Example(inputs={"value": "next week", "seconds": 604_800}),),
)
def sleep(seconds: Seconds, value: Any = None) -> Annotated[Any, SameAs("value")]:
    """Hand a value on after a while, for seconds or for years.

    A run that sleeps holds no process and no thread. How long is counted by the database's clock
    from when the step begins; whatever crashes meanwhile, it wakes at the same time. For waits
    below a second `time.wait` is cheaper. In Python `pai.sleep("3d", value)` says the same.

    Args:
        seconds: How long.
        value: Any value.

    Returns:
        The value, unchanged.
    """
    only_in_a_run()
