"""A flow as a node: `flow:name` as it is written, `control.call` as it runs if not inlined."""

from ..model import Node, Policy
from ..scope import PREFIX
from .kinds import CALL

BODY = "body"


def as_run(node: Node) -> Node:
    """A flow that has a time or retries as the node that runs it: they are of all in it together.

    Any other node as it is; a flow that has neither is inlined (see `expand`).
    """
    policy = node.policy or Policy()
    if not node.block.startswith(PREFIX) or (policy.retry is None and policy.timeout_s is None):
        return node
    flows = {BODY: node.block.removeprefix(PREFIX)}
    return node.model_copy(update={"block": CALL, "flows": flows})


def as_written(node: Node) -> Node:
    """The inverse: code calls the flow."""
    if node.block != CALL or BODY not in node.flows:
        return node
    return node.model_copy(update={"block": f"{PREFIX}{node.flows[BODY]}", "flows": {}})
