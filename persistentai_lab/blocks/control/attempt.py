"""A flow that may fail."""

from typing import Any

from persistentai_lab.blocks import Example, block

from .engine_only import needs_flows


@block(title="Attempt", effect="read", examples=(Example(inputs={"error": "error"}),))
def attempt(error: str = "") -> Any:
    """Run a flow that may fail: its error goes to a handler, or along an edge, and the run goes on.

    Args:
        error: The input of the handler that gets the error (code, message, remedy, node).

    Returns:
        What the flow gave, or else the handler.
    """
    needs_flows("attempt")
