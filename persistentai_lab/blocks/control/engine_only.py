"""What the engine does itself: a control block has no body of its own."""

from typing import NoReturn

from persistentai_lab.errors import NodeError


def needs_flows(name: str, call: str = "") -> NoReturn:
    """Refuse to be run as a plain block.

    Args:
        name: The kind of the node.
        call: What places it, if that is not `pai.{name}`.
    """
    raise NodeError(
        f"control.{name} runs flows, and was given none.",
        remedy=f"Place it in a flow with `{call or f'pai.{name}'}`, or on the canvas.",
    )
