"""What is wrong with a control node: parts that are missing, inputs it cannot fill, types."""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from ...errors import Problem
from ...ids import JsonSchema
from ..compat import misfit
from ..model import Node
from ..signature import Port, Signature
from ..values import PAI_TYPE
from . import kinds
from .code import taken_by_call
from .failure import failure_type
from .outside import Bodies, filled_type, shared_ports, value_type
from .same import same_value

_BOOLEAN: JsonSchema = {"type": "boolean"}


def control_problems(
    node: Node, base: Signature, bodies: Bodies, fed: Mapping[str, object]
) -> Iterator[Problem]:
    """Everything that is wrong with how a control node uses its flows.

    Args:
        node: The node.
        base: The signature of its block.
        bodies: Its flows seen from outside, as far as they are found.
        fed: The ports that edges feed.
    """
    yield from _roles(node)
    yield from _settled(node, fed)
    yield from _clashes(node, base, bodies)
    named = list(_names(node, bodies))
    yield from named
    if not named:
        yield from _types(node, bodies)


def not_control(node: Node) -> Problem:
    """A block that runs no flows was given some."""
    message = f"{node.block!r} runs no flows, but has {', '.join(sorted(node.flows))}."
    return Problem("unknown_role", message, "Remove `flows`, or use a control block.", node.id)


def missing_flow(node: Node, role: str, known: Mapping[str, object]) -> Problem:
    """A part is given to a flow that is not there."""
    name = node.flows[role]
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    remedy = f"Did you mean {close[0]!r}?" if close else "Add it under `flows`."
    message = f"There is no flow {name!r} inside this one, which is to be its {role!r}."
    return Problem("unknown_flow", message, remedy, node.id)


def _roles(node: Node) -> Iterator[Problem]:
    needs, may = kinds.roles_of(node)
    for role in needs:
        if role not in node.flows:
            message = f"It has no flow for {role!r}."
            remedy = f"Name one in `flows`: {{{role!r}: …}}."
            yield Problem("missing_role", message, remedy, node.id)
    for role in sorted(node.flows):
        if role not in needs and role not in may:
            known = ", ".join(f"`{each}`" for each in (*needs, *may)) or "none"
            message = f"It has no part {role!r} for a flow."
            yield Problem("unknown_role", message, f"Its parts are: {known}.", node.id)
    if node.block == kinds.SWITCH:
        yield from _cases(node)


def _cases(node: Node) -> Iterator[Problem]:
    cases = node.values.get("cases")
    if not isinstance(cases, list):
        return  # told by its port
    if not cases:
        yield Problem("missing_role", "It has no cases.", "Give it one.", node.id, "cases")
    for number, case in enumerate(cases):
        if any(same_value(case, other) for other in cases[:number]):
            message = f"The case {json.dumps(case)} stands twice."
            yield Problem("duplicate_case", message, "Remove one.", node.id, "cases")


def _settled(node: Node, fed: Mapping[str, object]) -> Iterator[Problem]:
    kind = kinds.KINDS[node.block]
    for port in (*kind.names, *kind.settled):
        if port in fed:
            message = "This has to be known when the flow is drawn."
            yield Problem("not_settled", message, "Write it as a literal.", node.id, port)


def _clashes(node: Node, base: Signature, bodies: Bodies) -> Iterator[Problem]:
    own = {port.name for port in base.inputs} | taken_by_call(node.block)
    for port in shared_ports(node, bodies):
        if port.name in own:
            message = f"A flow inside has an input {port.name!r}, and so has the node itself."
            yield Problem("port_taken", message, "Rename that input.", node.id, port.name)


def _names(node: Node, bodies: Bodies) -> Iterator[Problem]:
    """The inputs that the node fills have to be there."""
    taken: set[tuple[str, str]] = set()
    for port, role in kinds.KINDS[node.block].names.items():
        body, name = bodies.get(role), node.values.get(port)
        if body is None or port not in node.values:
            continue  # told by its part that is missing, or by the port
        if body.input(str(name)) is None:
            known = ", ".join(f"`{it.name}`" for it in body.inputs) or "none"
            message = f"The {role} has no input {name!r}."
            yield Problem("unknown_port", message, f"Its inputs are: {known}.", node.id, port)
        elif (role, str(name)) in taken:
            message = f"The input {name!r} of the {role} would be filled twice."
            yield Problem("port_taken", message, "Name two different inputs.", node.id, port)
        taken.add((role, str(name)))
    for port, role in kinds.KINDS[node.block].names.items():
        if role not in node.flows and port in node.values and role not in kinds.roles_of(node)[0]:
            message = f"It fills an input of its {role}, and has none."
            yield Problem("unknown_port", message, "Leave this out.", node.id, port)
        if role in node.flows and port not in node.values and port not in ("item", "into"):
            message = f"It does not say which input of the {role} it fills."
            yield Problem("missing_input", message, "Name one.", node.id, port)


def _types(node: Node, bodies: Bodies) -> Iterator[Problem]:
    body = bodies.get("body")
    if body is not None and node.block in (kinds.EACH, kinds.REDUCE, kinds.REPEAT):
        yield from _travels(node, body)
    if body is not None and node.block in (kinds.REDUCE, kinds.REPEAT):
        into = filled_type(node, "into", bodies)
        yield from _misfit(node, value_type(body), into, "What the body gives", "into")
    until = bodies.get("until")
    if until is not None and body is not None:
        into = filled_type(node, "into", bodies)
        test = filled_type(node, "test", bodies)
        yield from _misfit(node, into, test, "The state", "test")
        yield from _misfit(node, value_type(until), _BOOLEAN, "What `until` gives", "test")
    if node.block == kinds.ATTEMPT and "handler" in bodies:
        wanted = filled_type(node, "error", bodies)
        yield from _misfit(node, failure_type(), wanted, "The error", "error")
    tells = node.block == kinds.ATTEMPT and "handler" not in node.flows
    if tells and body is not None and body.output("error") is not None:
        message = "The body has an output `error`, and so has the node itself."
        yield Problem("port_taken", message, "Rename it, or give a handler.", node.id)


def _misfit(
    node: Node, source: JsonSchema, target: JsonSchema, what: str, port: str
) -> Iterator[Problem]:
    why = misfit(source, target)
    if why:
        message = f"{what} does not fit: {why}"
        remedy = "Change the type of that flow's input or output."
        yield Problem("type_mismatch", message, remedy, node.id, port)


def _travels(node: Node, body: Signature) -> Iterator[Problem]:
    """Lists and states are JSON: a table can be no item of one."""
    for port in body.outputs:
        if _is_blob(port):
            message = f"The body's output {port.name!r} is no JSON, and can't be part of a list."
            remedy = "Return rows, or numbers; tables can be put together in a block of your own."
            if [it.name for it in body.outputs] == [port.name] and node.block != kinds.EACH:
                continue  # a state may be anything
            yield Problem("type_mismatch", message, remedy, node.id)


def _is_blob(port: Port) -> bool:
    return PAI_TYPE in str(port.type)
