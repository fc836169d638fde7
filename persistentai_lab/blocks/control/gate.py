"""A gate in the way of a value."""

from typing import Annotated, Any, Literal

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.waits import Patience, SignalName, only_in_a_run
from persistentai_lab.flow.follow import SameAs


@block(
    title="Gate",
    effect="human",
    examples=(Example(inputs={"value": "a draft", "text": "Is the press ready?"}),),
)
def gate(
    value: Any = None,
    text: Annotated[str, Field(min_length=1, max_length=10_000)] = "The gate is closed.",
    opens_on: SignalName | None = None,
    match: dict[str, Any] = {},  # noqa: B006 - read, never kept
    to: list[str] = [],  # noqa: B006
    timeout_s: Patience | None = None,
    at_timeout: Literal["fail", "open"] = "fail",
) -> Annotated[Any, SameAs("value")]:
    """Hand a value on once somebody opens the gate, or a signal does, or both wait in vain.

    People open it where questions are answered; the answer is `open`. A run before a closed gate
    holds no process and no thread.

    Args:
        value: Any value.
        text: What people are told who could open it.
        opens_on: Name of a signal that opens it, too.
        match: What such a signal's value has to contain.
        to: Who may open it. Left out, anybody of the workspace.
        timeout_s: How many seconds to wait. Left out, for ever.
        at_timeout: What happens then.

    Returns:
        The value, unchanged.

    Raises:
        WaitTimedOut: Nobody opened it in time.
    """
    only_in_a_run()
