"""Another run."""

from persistentai_lab.blocks import Example, block

from .engine_only import needs_flows


@block(title="Start", effect="read", examples=(Example(inputs={}),))
def start() -> str:
    """Start a flow as a run of its own, and go on without waiting for it.

    It is started once, however often this run is taken over. What becomes of it changes nothing
    here.

    Returns:
        The id of the new run.
    """
    needs_flows("start")
