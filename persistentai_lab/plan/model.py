"""The plan: what a run is pinned to, and where every node stands in it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from ..ids import Json, NodeId, Path
from .strict import Join
from .tree import Leaf, Parallel, Part, Series, Woven, left_to_right, walk

LONGEST_ADDRESS = 120
"""Paths are keys of database rows; an address longer than this is shortened to a hash of it."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A compiled flow. Equal plans have equal hashes, whatever the order in the flow's file."""

    root: Part
    drawn: Mapping[NodeId, tuple[NodeId, ...]]
    """The nodes whose outputs each node reads."""
    joins: tuple[Join, ...] = ()
    """What strict mode added."""
    flows: "Mapping[str, Plan]" = field(default_factory=dict)
    """Plans of the flows that control nodes open, by their names."""
    opens: Mapping[NodeId, Mapping[str, str]] = field(default_factory=dict)
    """The flows that each control node opens, by the part that each plays."""

    @cached_property
    def paths(self) -> Mapping[NodeId, Path]:
        """Every node's path: the address of its leaf, then its id (`s0/p2/fetch`)."""
        return {
            part.node: _path(address, part.node)
            for address, part in walk(self.root)
            if isinstance(part, Leaf)
        }

    @cached_property
    def before(self) -> Mapping[NodeId, tuple[NodeId, ...]]:
        """What each node waits for: what it reads and, in strict mode, the joins."""
        if not self.joins:
            return self.drawn
        waits = {node: set(sources) for node, sources in self.drawn.items()}
        for join in self.joins:
            for node in join.then:
                waits[node].update(join.first)
        return {node: tuple(sorted(sources)) for node, sources in waits.items()}

    @cached_property
    def order(self) -> tuple[NodeId, ...]:
        """All nodes, each after what it waits for: the tree read from left to right."""
        found: list[NodeId] = []
        stack = [self.root]
        while stack:
            match stack.pop():
                case Leaf(node):
                    found.append(node)
                case Woven(parts) as woven:
                    stack.extend(parts[position] for position in reversed(left_to_right(woven)))
                case Series(parts) | Parallel(parts):
                    stack.extend(reversed(parts))
        return tuple(found)

    @cached_property
    def is_series_parallel(self) -> bool:
        """Whether the tree has no woven part."""
        return not any(isinstance(part, Woven) for _, part in walk(self.root))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the plan's canonical JSON, as hex."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def to_json(self) -> dict[str, Json]:
        """The plan as JSON, flat since trees may be deep: children are positions in `parts`."""
        parts = [part for _, part in walk(self.root)]
        position = {id(part): index for index, part in enumerate(parts)}
        opens: Json = {node: dict(flows) for node, flows in self.opens.items()}
        inside: Json = {name: plan.to_json() for name, plan in sorted(self.flows.items())}
        return {
            **(
                {"flows": inside, "opens": opens} if inside else {}
            ),  # so that other plans keep their hashes
            "version": 1,
            "parts": [_part_to_json(part, position) for part in parts],
            "drawn": {node: list(sources) for node, sources in self.drawn.items()},
            "joins": [{"first": list(join.first), "then": list(join.then)} for join in self.joins],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> "Plan":
        """Read back what `to_json` wrote."""
        if data.get("version") != 1:
            raise ValueError(f"Cannot read a plan of version {data.get('version')!r}.")
        stored = cast("Mapping[str, Any]", data)
        built: dict[int, Part] = {}
        for index in range(len(stored["parts"]) - 1, -1, -1):
            built[index] = _part_from_json(stored["parts"][index], built)
        return cls(
            root=built[0],
            drawn={NodeId(node): tuple(sources) for node, sources in stored["drawn"].items()},
            joins=tuple(Join(tuple(j["first"]), tuple(j["then"])) for j in stored["joins"]),
            opens={NodeId(node): flows for node, flows in stored.get("opens", {}).items()},
            flows={name: cls.from_json(inner) for name, inner in stored.get("flows", {}).items()},
        )


def _path(address: str, node: NodeId) -> Path:
    """No address of a leaf begins another's, so paths differ even where ids contain slashes."""
    if len(address) > LONGEST_ADDRESS:
        address = "~" + hashlib.sha256(address.encode()).hexdigest()[:16]
    return Path(f"{address}/{node}" if address else node)


def _part_to_json(part: Part, position: Mapping[int, int]) -> Json:
    if isinstance(part, Leaf):
        return {"kind": "leaf", "node": part.node}
    written: dict[str, Json] = {
        "kind": part.kind,
        "parts": [position[id(child)] for child in part.parts],
    }
    if isinstance(part, Woven):
        written["edges"] = [[first, then] for first, then in part.edges]
    return written


def _part_from_json(stored: Mapping[str, Any], built: dict[int, Part]) -> Part:
    """Children stand behind their parent in the list, so reading it backwards finds them built."""
    if stored["kind"] == "leaf":
        return Leaf(NodeId(stored["node"]))
    parts = tuple(built.pop(index) for index in stored["parts"])
    if stored["kind"] == "woven":
        return Woven(parts, tuple((first, then) for first, then in stored["edges"]))
    return Series(parts) if stored["kind"] == "series" else Parallel(parts)
