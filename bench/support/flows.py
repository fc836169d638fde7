"""The flows that are measured."""

from persistentai_lab.flow.model import Edge, FlowSpec, Node, PortRef

READ = "time.wait"
"""A `read` block: recorded before what comes after it begins. Waits no time."""
PURE = "values.constant"


def chain(block: str, length: int = 20, **values: float) -> FlowSpec:
    """Nodes in a row, each fed by the one before."""
    nodes = [
        Node(id=f"n{i:03}", block=block, values=values | ({"value": 0} if i == 0 else {}))
        for i in range(length)
    ]
    edges = [_edge(f"n{i - 1:03}", f"n{i:03}", "value") for i in range(1, length)]
    return FlowSpec(name="chain", nodes=tuple(nodes), edges=tuple(edges))


def branches(block: str, width: int = 10, **values: float) -> FlowSpec:
    """Nodes beside each other."""
    nodes = [Node(id=f"b{i}", block=block, values=values | {"value": i}) for i in range(width)]
    return FlowSpec(name="branches", nodes=tuple(nodes))


def ladders(block: str, width: int = 10, length: int = 10, **values: float) -> FlowSpec:
    """`width` chains beside each other: that many steps at once, `length` times."""
    nodes = [
        Node(id=f"b{b}n{i:03}", block=block, values=values | ({"value": b} if i == 0 else {}))
        for b in range(width)
        for i in range(length)
    ]
    edges = [
        _edge(f"b{b}n{i - 1:03}", f"b{b}n{i:03}", "value")
        for b in range(width)
        for i in range(1, length)
    ]
    return FlowSpec(name="ladders", nodes=tuple(nodes), edges=tuple(edges))


def _edge(source: str, target: str, port: str) -> Edge:
    return Edge(source=PortRef(node=source, port="result"), target=PortRef(node=target, port=port))
