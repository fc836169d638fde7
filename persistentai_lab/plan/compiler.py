"""From a drawn flow to its plan."""

from ..errors import FlowInvalid, Problem
from ..flow.model import INPUT, FlowSpec, Node, PortRef
from ..ids import NodeId
from .decompose import decompose
from .model import Plan
from .order import Order
from .strict import added_joins, cut


def compile_plan(spec: FlowSpec, *, strict: bool = False) -> Plan:
    """Compile a flow, its subflows already expanded, to a tree in which every node has a path.

    A control node is a leaf; the flows that it runs have plans of their own.

    The plan never waits where the drawing doesn't: a part that is not series-parallel keeps its own
    edges. With `strict` such a part is made series-parallel instead, and `Plan.joins` says how.

    Raises:
        FlowInvalid: There is a cycle, an id stands twice, or an edge has an end that isn't there.
    """
    drawn = _drawn(spec)
    order = Order.of(drawn)
    flows = {name: compile_plan(inner, strict=strict) for name, inner in spec.flows.items()}
    opens = {NodeId(node.id): node.flows for node in sorted(spec.nodes, key=_id) if node.flows}
    if not strict:
        return Plan(decompose(order), drawn, flows=flows, opens=opens)
    root = decompose(order, cut)
    return Plan(root, drawn, added_joins(order, root), flows, opens)


def _drawn(spec: FlowSpec) -> dict[NodeId, tuple[NodeId, ...]]:
    """What each node reads from, both in the order of their ids."""
    sources: dict[str, set[str]] = {node.id: set() for node in sorted(spec.nodes, key=_id)}
    problems = []
    if len(sources) < len(spec.nodes):
        ids = [node.id for node in spec.nodes]
        problems += [_twice(node) for node in sources if ids.count(node) > 1]
    for edge in spec.edges:
        source, target = edge.source.node, edge.target.node
        ends = (source, target) if source != INPUT else (target,)
        lost = [_unknown(edge.target, end) for end in ends if end not in sources]
        if not lost and source != INPUT:
            sources[target].add(source)
        problems += lost
    if problems:
        raise FlowInvalid(problems)
    return {
        NodeId(node): tuple(map(NodeId, sorted(reads_from))) for node, reads_from in sources.items()
    }


def _id(node: Node) -> str:
    return node.id


def _twice(node: str) -> Problem:
    return Problem(
        code="duplicate_node",
        message="Two nodes have this id.",
        remedy="Give one of them another id.",
        node=node,
    )


def _unknown(target: PortRef, node: str) -> Problem:
    return Problem(
        code="unknown_node",
        message=f"An edge joins the node {node!r}, which is not there.",
        remedy="Remove the edge, or add the node.",
        node=target.node,
        port=target.port,
    )
