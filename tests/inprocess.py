"""A flow evaluated in process: to test what a flow means, not how it is run."""

import inspect
from collections.abc import Callable, Mapping
from graphlib import TopologicalSorter
from typing import Any

from pydantic_core import from_json, to_json

from persistentai_lab.blocks import Block, Context, builtin_registry
from persistentai_lab.flow.model import INPUT, FlowSpec
from persistentai_lab.flow.payload import Payload

from .fakes import FakeContext

Blocks = Mapping[str, Block[Any, Any]]


async def evaluate(
    spec: FlowSpec,
    inputs: Mapping[str, Any] | None = None,
    *,
    blocks: Blocks | None = None,
    context: Callable[[str], Context] = lambda _: FakeContext(),
) -> dict[str, Any]:
    """Run every node once, in an order that the edges allow; return the outputs of the flow.

    Values pass through the codecs of their ports, as they do between real steps. `blocks` are
    those that are not installed; `context` makes the context of the node with an id.
    """
    known = {**builtin_registry(), **(blocks or {})}
    at = {
        (INPUT, name): Payload(to_json((inputs or {}).get(name, given.default)))
        for name, given in spec.inputs.items()
    }
    needs = {
        node.id: {e.source.node for e in spec.edges if e.target.node == node.id}
        for node in spec.nodes
    }
    for node_id in TopologicalSorter(needs).static_order():
        node = spec.node(node_id)
        if node is None:  # the flow's own inputs
            continue
        block = known[node.block]
        arriving = {name: Payload(to_json(value)) for name, value in node.values.items()}
        for edge in spec.edges:
            if edge.target.node == node_id:
                arriving[edge.target.port] = at[edge.source.node, edge.source.port]
        lent = {"ctx": context(node_id)} if block.wants_context else {}
        result = block.func(**block.load_inputs(arriving), **lent)
        if inspect.isawaitable(result):
            result = await result
        at.update({(node_id, port): data for port, data in block.dump_outputs(result).items()})
    return {name: from_json(at[ref.node, ref.port].data) for name, ref in spec.outputs.items()}
