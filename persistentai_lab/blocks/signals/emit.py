"""Tell other flows."""

from typing import Annotated, Any

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.waits import SignalName, only_in_a_run
from persistentai_lab.flow.follow import SameAs

KEEP_S = 7 * 86_400.0
KEEP_MAX_S = 366 * 86_400.0


@block(
    title="Emit a signal",
    effect="store",
    examples=(Example(inputs={"name": "order paid", "value": {"order": 17}}),),
)
def emit(
    name: SignalName,
    value: Any = None,
    keep_s: Annotated[float, Field(gt=0, le=KEEP_MAX_S)] = KEEP_S,
) -> Annotated[Any, SameAs("value")]:
    """Emit a signal that flows of the workspace wait for, or will.

    It is written together with the record that this step is done: once, whatever crashes. Every
    run that is there gets it once, also one that begins to wait later. If no run takes it, it is
    kept for the first one to come that waits for it.

    Args:
        name: What it is called; `signals.wait_for` names it.
        value: Any JSON value, up to 256 KiB.
        keep_s: For how long it is kept, in seconds. Left out, a week.

    Returns:
        The value, unchanged.
    """
    only_in_a_run()
