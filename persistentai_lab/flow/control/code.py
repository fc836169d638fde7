"""A control node as Python: the call of `pai.each` and the like that places it."""

from collections.abc import Mapping

from ...ids import Json
from ..annotation import literal
from ..model import FlowSpec, Node
from . import kinds

_POSITIONAL: Mapping[str, tuple[str, ...]] = {
    # ports, and parts as `@part`, in the order in which the call takes them
    kinds.EACH: ("items", "@body"),
    kinds.WHEN: ("condition", "@then", "@otherwise"),
    kinds.SWITCH: ("value", "@cases"),
    kinds.REDUCE: ("items", "@body", "start"),
    kinds.REPEAT: ("@body", "start"),
    kinds.ATTEMPT: ("@body",),
    kinds.START: ("@flow",),
}
_KEYWORD: Mapping[str, Mapping[str, str]] = {
    # parts that the call takes by name
    kinds.SWITCH: {"otherwise": "otherwise"},
    kinds.REPEAT: {"until": "until"},
    kinds.ATTEMPT: {"handler": "otherwise"},
}
_FILLED_AT: Mapping[tuple[str, str], int] = {(kinds.REDUCE, "item"): 1}
"""Which input a node fills if nothing else is said, where that is not the first."""


def code_order(spec: FlowSpec) -> tuple[str, ...]:
    """The inputs of a flow in the order in which its code has them."""
    return tuple(sorted(spec.inputs, key=lambda name: (spec.inputs[name].has_default, name)))


def taken_by_call(block: str) -> set[str]:
    """Names that no input of a flow inside may have, because the call takes them."""
    return set(_KEYWORD.get(block, {}).values())


def wished_names(node: Node, bodies: Mapping[str, FlowSpec]) -> dict[str, str]:
    """Inputs that the node fills, by its ports, where a call would not take them by itself."""
    wished: dict[str, str] = {}
    for port, role in kinds.KINDS[node.block].names.items():
        body = bodies.get(role)
        if body is None:
            continue
        order, at = code_order(body), _FILLED_AT.get((node.block, port), 0)
        if order[at : at + 1] != (node.values.get(port),):
            wished[port] = str(node.values.get(port))
    return wished


def arguments(
    node: Node, flows: Mapping[str, str], given: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """What stands between the brackets of the call: by position, and by name.

    Args:
        node: The node.
        flows: What code calls its flows, by the part of each.
        given: Code for what arrives at its ports.
    """
    left = {name: text for name, text in given.items() if name not in _unwritten(node)}
    positional: list[str] = []
    for what in _POSITIONAL[node.block]:
        if what == "@cases":
            positional.append(_cases(node, flows))
        elif not what.startswith("@"):
            positional.append(left.pop(what))
        elif what[1:] in flows:
            positional.append(flows[what[1:]])
    by_name = {
        name: flows[role] for role, name in _KEYWORD.get(node.block, {}).items() if role in flows
    }
    return positional, {**by_name, **left}


def _unwritten(node: Node) -> set[str]:
    """Ports that the call itself settles."""
    return {*kinds.KINDS[node.block].names, *(["cases"] if node.block == kinds.SWITCH else [])}


def _cases(node: Node, flows: Mapping[str, str]) -> str:
    found = node.values.get("cases")
    cases: list[Json] = found if isinstance(found, list) else []
    pairs = [(case, flows[f"{kinds.CASE}{number}"]) for number, case in enumerate(cases, 1)]
    if _are_keys(cases):
        return "{" + ", ".join(f"{literal(case)}: {name}" for case, name in pairs) + "}"
    return "[" + ", ".join(f"({literal(case)}, {name})" for case, name in pairs) + "]"


def _are_keys(cases: list[Json]) -> bool:
    """Whether a Python dict can have all of them as keys: to Python, 1 and True are one."""
    if any(isinstance(case, list | dict) for case in cases):
        return False
    return len(set(cases)) == len(cases)
