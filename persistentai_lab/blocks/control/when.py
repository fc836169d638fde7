"""One of two flows, by a condition."""

from typing import Any

from persistentai_lab.blocks import Example, block

from .engine_only import needs_flows


@block(title="When", effect="read", examples=(Example(inputs={"condition": True}),))
def when(condition: bool) -> Any:
    """Run one flow if a condition holds, and another, or none, if it does not.

    Args:
        condition: What decides; it is recorded, so a run never changes its mind.

    Returns:
        What the flow gave that ran; null if none did.
    """
    needs_flows("when")
