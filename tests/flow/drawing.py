"""Blocks to draw flows with, and short ways to write a flow down."""

from typing import NamedTuple

import pandas as pd

from persistentai_lab.blocks import Block, block
from persistentai_lab.blocks.registry import AnyBlock
from persistentai_lab.flow.model import Edge, FlowSpec, Node, PortRef
from persistentai_lab.flow.signature import Signature
from persistentai_lab.ids import Json


@block(effect="read")
def fetch(path: str) -> list[dict[str, int]]:
    """Fetch rows."""
    return [{"n": len(path)}]


@block(effect="pure")
def total(rows: list[dict[str, int]], column: str = "n") -> int:
    """Add a column up."""
    return sum(row[column] for row in rows)


@block(effect="pure")
def add(left: int, right: int = 1) -> int:
    """Add two numbers."""
    return left + right


@block(effect="pure")
def halve(number: float) -> float:
    """Halve a number."""
    return number / 2


@block(effect="pure")
def greet(name: str) -> str:
    """Say hello."""
    return f"Hello {name}"


class Parts(NamedTuple):
    """Whole and rest."""

    whole: int
    rest: int


@block(effect="pure")
def divide(number: int, by: int = 2) -> Parts:
    """Divide with a rest."""
    return Parts(*divmod(number, by))


@block(effect="store", record_key="key")
def keep(key: str, value: int) -> None:
    """Write a record."""


@block
def to_table(rows: list[dict[str, int]]) -> pd.DataFrame:
    """Make a table of rows."""
    return pd.DataFrame(rows)


@block
def heads(table: pd.DataFrame) -> int:
    """Count the rows of a table."""
    return len(table)


BLOCKS: dict[str, AnyBlock] = {
    value.name: value for value in list(globals().values()) if isinstance(value, Block)
}
CATALOGUE: dict[str, Signature] = {name: one.signature for name, one in BLOCKS.items()}
HERE = fetch.module


def node(node_id: str, kind: AnyBlock | str, **values: Json) -> Node:
    """A node with literals."""
    return Node(id=node_id, block=kind if isinstance(kind, str) else kind.name, values=values)


def edge(arrow: str) -> Edge:
    """An edge written `fetch.result > total.rows`."""
    source, target = (part.strip().rsplit(".", 1) for part in arrow.split(">"))
    return Edge(
        source=PortRef(node=source[0], port=source[1]),
        target=PortRef(node=target[0], port=target[1]),
    )


def spec(*nodes: Node, edges: tuple[str, ...] = (), **more: object) -> FlowSpec:
    """A flow of nodes and arrows."""
    return FlowSpec.model_validate(
        {"name": "test", "nodes": nodes, "edges": tuple(map(edge, edges)), **more}
    )
