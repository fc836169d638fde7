"""Wait until another flow tells."""

from typing import Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.waits import Patience, SignalName, only_in_a_run


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
) -> Any:
    """Wait for a signal that a flow, a script or anybody with access emits.

    A run that waits holds no process and no thread. It is given every signal once, in order: those
    emitted since the run was created, and those before that no run has taken yet.

    Args:
        name: What the signal is called.
        match: What its value has to contain, such as `{"order": 17}`.
        timeout_s: How many seconds to wait. Left out, for ever.
        otherwise: What holds when none has come by then. Left out, the step fails.
        after: What has to be there before the waiting begins.

    Returns:
        The signal's value.

    Raises:
        WaitTimedOut: None came in time.
    """
    only_in_a_run()
