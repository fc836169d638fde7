"""Wait until another flow tells."""

from typing import Annotated, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.waits import Patience, SignalName, only_in_a_run
from persistentai_lab.flow.follow import TypeIn


@block(
    title="Wait for a signal",
    effect="human",
    examples=(Example(inputs={"name": "order paid", "match": {"order": 17}}),),
)
def wait_for(
    name: SignalName,
    match: dict[str, Any] = {},  # noqa: B006 - read, never kept
    timeout_s: Patience | None = None,
    otherwise: Any = None,
    after: Any = None,
    value_type: str | dict[str, Any] = {},  # noqa: B006
) -> Annotated[Any, TypeIn("value_type")]:
    """Wait for a signal that a flow, a script or anybody with access emits.

    A run that waits holds no process and no thread. It is given every signal once, in order: those
    emitted since the run was created, and those before that no run has taken yet.

    Args:
        name: What the signal is called.
        match: What its value has to contain, such as `{"order": 17}`.
        timeout_s: How many seconds to wait. Left out, for ever.
        otherwise: What holds when none has come by then. Left out, the step fails.
        after: What has to be there before the waiting begins.
        value_type: The type of the value, a word of JSON Schema or a whole one: it is the type of
            the output, so it must be a literal. A signal of another type fails the step.

    Returns:
        The signal's value.

    Raises:
        WaitTimedOut: None came in time.
        WrongType: One came with a value of another type.
    """
    only_in_a_run()
