"""A flow as one node."""

from typing import Any

from persistentai_lab.blocks import Example, block

from .engine_only import needs_flows


@block(title="Call", effect="read", examples=(Example(inputs={}),))
def call() -> Any:
    """Run a flow as one node, with a time and retries of its own.

    A flow that is called with `retry` or `timeout_s` (`flow.with_(retry=3)(…)`) becomes this; one
    that is called without is inlined.

    Returns:
        What the flow gives, by the names of its outputs.
    """
    needs_flows("call", "flow.with_(retry=3)(…)")
