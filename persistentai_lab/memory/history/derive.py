"""What a step was given, from what is recorded: edges and literals of its flow, outputs of others.

Inputs are not stored a second time. What a control node fills itself (an item of a list, the number
of a round) is named as such; it stands in the record of that node.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...flow.model import INPUT, FlowSpec, Node
from ...ids import Json
from .model import Given

Recorded = Mapping[str, Any]
"""Values by port, as steps record them."""


@lru_cache(maxsize=64)
def parse(spec: str) -> FlowSpec:
    """A pinned flow; many runs share one."""
    return FlowSpec.model_validate_json(spec)


@dataclass(frozen=True, slots=True)
class Place:
    """A node in the flow it stands in."""

    spec: FlowSpec
    node: Node
    prefix: str
    """What stands before the ids of its neighbours in the run: `each/17/`."""
    outer: "Place | None"
    """The control node that opened this flow."""


def locate(spec: FlowSpec, node_id: str) -> Place | None:
    """A node by its id in the run, also one of a flow inside (`each/17/fetch`)."""
    return _locate(spec, spec, node_id, "", None)


def _locate(
    top: FlowSpec, spec: FlowSpec, node_id: str, prefix: str, outer: Place | None
) -> Place | None:
    rest = node_id.removeprefix(prefix)
    if (node := spec.node(rest)) is not None:
        return Place(spec, node, prefix, outer)
    for around in spec.nodes:
        if not around.flows or not rest.startswith(f"{around.id}/"):
            continue
        key, _, _ = rest[len(around.id) + 1 :].partition("/")
        number, _, role = key.partition(".")
        name = around.flows.get((role or "body") if number.isdigit() else key)
        inner = spec.flows.get(name or "") or top.flows.get(name or "")
        if inner is not None:
            here = Place(spec, around, prefix, outer)
            return _locate(top, inner, node_id, f"{prefix}{around.id}/{key}/", here)
    return None


def inputs_of(
    place: Place,
    gave: Callable[[str], Recorded | None],
    flow_inputs: Recorded,
    changed: Mapping[str, Json],
) -> list[Given]:
    """What a node was given, port by port.

    Args:
        place: The node.
        gave: What a node of the run gave, by its id in the run.
        flow_inputs: The inputs of the run.
        changed: What people put in the place of its literals.
    """
    found = {
        port: Given(port=port, source="literal", value={"json": value})
        for port, value in place.node.values.items()
    }
    for port, value in changed.items():
        found[port] = Given(port=port, source="changed", value={"json": value})
    for edge in place.spec.edges:
        if edge.target.node != place.node.id:
            continue
        port, source = edge.target.port, edge.source
        if source.node == INPUT:
            found[port] = _of_flow(place, port, source.port, gave, flow_inputs)
            continue
        node = f"{place.prefix}{source.node}"
        value = (gave(node) or {}).get(source.port)
        found[port] = Given(port=port, source="edge", node=node, output=source.port, value=value)
    return [found[port] for port in sorted(found)]


def _of_flow(
    place: Place,
    port: str,
    name: str,
    gave: Callable[[str], Recorded | None],
    flow_inputs: Recorded,
) -> Given:
    """An input of the flow that the node stands in."""
    if place.outer is None:
        value = flow_inputs.get(name)
        if value is None and name in place.spec.inputs:
            default = {"json": place.spec.inputs[name].default}
            return Given(port=port, source="default", output=name, value=default)
        return Given(port=port, source="flow_input", output=name, value=value)
    around = {given.port: given for given in inputs_of(place.outer, gave, flow_inputs, {})}
    if name in around:
        return around[name].model_copy(update={"port": port})
    opened_by = f"{place.outer.prefix}{place.outer.node.id}"
    return Given(port=port, source="control", node=opened_by, output=name)


def consumers(place: Place, port: str) -> Iterator[tuple[str, str]]:
    """Who is given what a node gives at a port: ids in the run, and their ports."""
    for edge in place.spec.edges:
        if edge.source.node == place.node.id and edge.source.port == port:
            yield f"{place.prefix}{edge.target.node}", edge.target.port


def consumers_of_input(spec: FlowSpec, name: str) -> Iterator[tuple[str, str]]:
    """Who is given an input of a run."""
    for edge in spec.edges:
        if edge.source.node == INPUT and edge.source.port == name:
            yield edge.target.node, edge.target.port


def literals(spec: FlowSpec, is_it: Callable[[Json], bool]) -> Iterator[tuple[str, str]]:
    """Nodes of the flow, and their ports, whose literal it is."""
    for node in spec.nodes:
        for port, value in node.values.items():
            if is_it(value):
                yield node.id, port


def contains(value: Json, part: Json) -> bool:
    """Whether a value contains another, as Postgres's `@>` has it."""
    if isinstance(value, dict) and isinstance(part, dict):
        return all(key in value and contains(value[key], it) for key, it in part.items())
    if isinstance(value, list):
        parts = part if isinstance(part, list) else [part]
        return all(any(contains(each, it) for each in value) for it in parts)
    return _same(value, part)


def _same(value: Json, other: Json) -> bool:
    return isinstance(value, bool) == isinstance(other, bool) and value == other
