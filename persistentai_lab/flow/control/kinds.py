"""The kinds of control nodes: which flows each runs, and what it fills in from inside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ..model import Node

EACH = "control.each"
WHEN = "control.when"
SWITCH = "control.switch"
REDUCE = "control.reduce"
REPEAT = "control.repeat"
ATTEMPT = "control.attempt"
START = "control.start"
RACE = "control.race"
CALL = "control.call"
"""A flow as a node that has a time or retries; one that has not is inlined (see `expand`)."""

CASE = "case_"
"""The parts of a switch are `case_1`, `case_2`, … in the order of its cases."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Kind:
    """What a control node needs to be one."""

    needs: tuple[str, ...] = ()
    """Parts that a flow must play."""
    may: tuple[str, ...] = ()
    """Parts that a flow may play."""
    names: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Ports that name an input of a flow inside, which the node itself fills; with its part."""
    settled: tuple[str, ...] = ()
    """Other ports that have to be known when the flow is drawn."""


KINDS: Mapping[str, Kind] = {
    EACH: Kind(("body",), names={"item": "body"}, settled=("on_error", "rows")),
    WHEN: Kind(("then",), ("otherwise",)),
    SWITCH: Kind((), ("otherwise",), settled=("cases",)),
    REDUCE: Kind(("body",), names={"into": "body", "item": "body"}),
    REPEAT: Kind(
        ("body",),
        ("until",),
        names={"into": "body", "test": "until"},
        settled=("on_limit",),
    ),
    ATTEMPT: Kind(("body",), ("handler",), names={"error": "handler"}),
    START: Kind(("flow",)),
    CALL: Kind(("body",)),
}


def roles_of(node: Node) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parts that flows must, and may, play at a node."""
    kind = KINDS[node.block]
    cases = node.values.get("cases")
    if node.block != SWITCH or not isinstance(cases, list):
        return kind.needs, kind.may
    return tuple(f"{CASE}{number}" for number in range(1, len(cases) + 1)), kind.may


def filled(node: Node) -> dict[str, set[str]]:
    """The inputs of each flow inside that the node fills itself, by the part the flow plays."""
    found: dict[str, set[str]] = {}
    for port, role in KINDS[node.block].names.items():
        name = node.values.get(port)
        if role in node.flows and isinstance(name, str):
            found.setdefault(role, set()).add(name)
    return found


def key_of(block: str, role: str) -> str:
    """What stands in a run's paths for the flow of a part; a star for the number of an item."""
    if block not in (EACH, REDUCE, REPEAT):
        return role
    return "*" if role == "body" else f"*.{role}"
