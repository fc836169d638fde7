"""Everything that is wrong with a flow, at once, each with its place and its remedy."""

import keyword
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cached_property

from ..errors import Problem
from ..ids import Json, JsonSchema
from .compat import media_misfit, misfit
from .conflicts import record_conflicts
from .control.kinds import KINDS
from .control.problems import control_problems, missing_flow, not_control
from .expand import circle_problem, expand
from .follow import OutputTypes
from .literals import schema_misfit, value_misfit
from .model import INPUT, Edge, FlowSpec, Node, PortRef
from .order import circles
from .policy_problems import (
    control_policy_problems,
    empty_budget,
    is_empty,
    policy_problems,
)
from .scope import PREFIX, Scope, circle, look_up, signature_of, signatures_in
from .signature import CELL, Effect, Port, Signature


def check(
    spec: FlowSpec, catalogue: Mapping[str, Signature], *, is_expanded: bool = False
) -> list[Problem]:
    """Find every problem of a flow; an empty list means that it can run.

    Args:
        spec: The flow.
        catalogue: What is known of the blocks it may use; older versions under `name@version`.
        is_expanded: Whether it comes from `expand`, which names nodes `outer/inner`.
    """
    scope = Scope(spec)
    found = circle(scope)
    if found:  # nothing inside can be told apart any more
        return [circle_problem(found)]
    problems = list(_checks(scope, catalogue, "", is_expanded))
    # branches of different flows may write the same record, so this looks at all of them at once
    whole = spec if problems else expand(spec)
    return [*problems, *record_conflicts(whole, catalogue)]


NO_REFS: Mapping[str, str] = {}


def check_inputs(
    spec: FlowSpec, inputs: Mapping[str, Json], refs: Mapping[str, str] = NO_REFS
) -> list[Problem]:
    """Find every problem of the inputs that a run is started with.

    Args:
        spec: The flow.
        inputs: Those that are JSON.
        refs: Media types of those that are not: they travel by reference.
    """
    problems = [
        Problem(
            code="unknown_input",
            message=f"The flow has no input {name!r}.",
            remedy=_did_you_mean(name, spec.inputs, "Leave it out."),
            node=INPUT,
            port=name,
        )
        for name in (*inputs, *refs)
        if name not in spec.inputs
    ]
    for name, flow_input in spec.inputs.items():
        if name not in inputs and name not in refs:
            if not flow_input.has_default:
                problems.append(
                    Problem(
                        code="missing_input",
                        message=f"The input {name!r} has no value.",
                        remedy=f"Pass it: `--input {name}=…`, or `.run({name}=…)`.",
                        node=INPUT,
                        port=name,
                    )
                )
            continue
        why = (
            media_misfit(refs[name], flow_input.type)
            if name in refs
            else value_misfit(inputs[name], flow_input.type)
        )
        if why:
            problems.append(
                Problem(
                    code="bad_value",
                    message=why,
                    remedy="Pass a value of the type that the flow asks for.",
                    node=INPUT,
                    port=name,
                )
            )
    return problems


def _checks(
    scope: Scope, catalogue: Mapping[str, Signature], prefix: str, is_expanded: bool
) -> Iterator[Problem]:
    """Problems of one flow, then of the flows inside, whose nodes are told as `outer/inner`."""
    if scope.spec.budget is not None and is_empty(scope.spec.budget):
        yield empty_budget(prefix.rstrip("/") or None)
    for problem in _Checker(scope, catalogue, is_expanded).problems():
        place = f"{prefix}{problem.node or ''}".rstrip("/")
        yield replace(problem, node=place or None)
    seen: set[int] = set()
    for node in sorted(scope.spec.nodes, key=lambda node: node.id):  # the file's order says nothing
        inner = scope.inner(node)
        found = {"": inner} if inner is not None else scope.bodies(node)
        for role, each in found.items():
            if id(each) not in seen:
                seen.add(id(each))
                inside = f"{prefix}{node.id}/{role}{'/' * bool(role)}"
                yield from _checks(each, catalogue, inside, is_expanded)


class _Checker:
    """The checks of one flow, on look-up tables made once."""

    def __init__(self, scope: Scope, catalogue: Mapping[str, Signature], is_expanded: bool) -> None:
        self._scope = scope
        self._is_expanded = is_expanded
        self._spec = scope.spec
        self._catalogue = catalogue
        self._nodes: dict[str, Node] = {}
        for node in self._spec.nodes:
            self._nodes.setdefault(node.id, node)
        self._signatures = signatures_in(scope, catalogue)
        self._types = OutputTypes(self._spec, self._signatures)
        self._feeding: dict[str, dict[str, list[Edge]]] = defaultdict(lambda: defaultdict(list))
        for edge in self._spec.edges:
            self._feeding[edge.target.node][edge.target.port].append(edge)

    def problems(self) -> Iterator[Problem]:
        """All of them, from the outside in."""
        if not self._spec.nodes:
            yield Problem("empty_flow", "The flow has no nodes.", "Add a block.")
        yield from self._inputs()
        yield from self._ids()
        for node in self._spec.nodes:
            yield from self._block(node)
            if self._nodes[node.id] is node:  # of two with one id, the edges mean the first
                yield from self._values(node)
        for node in self._nodes.values():
            yield from self._fed(node)
        for edge in self._spec.edges:
            yield from self._edge(edge)
        yield from self._outputs()
        yield from self._circles()

    def _inputs(self) -> Iterator[Problem]:
        for name, flow_input in self._spec.inputs.items():
            if keyword.iskeyword(name):
                yield Problem(
                    "bad_id",
                    f"{name!r} is a word of Python's own.",
                    f"Call it `{name}_`.",
                    INPUT,
                    name,
                )
            wrong = schema_misfit(flow_input.type)
            if wrong:
                yield Problem("bad_type", wrong, "Write a JSON Schema.", INPUT, name)
            elif flow_input.has_default:
                why = value_misfit(flow_input.default, flow_input.type)
                if why:
                    remedy = "Change the default or the type."
                    yield Problem("bad_default", f"Default: {why}", remedy, INPUT, name)

    def _ids(self) -> Iterator[Problem]:
        for node_id, count in Counter(node.id for node in self._spec.nodes).items():
            if count > 1:
                message = f"{count} nodes are called {node_id!r}."
                yield Problem("duplicate_node", message, "Give each its own id.", node_id)
            if "/" in node_id and not self._is_expanded:
                message = f"{node_id!r} has a slash, which stands for a node inside a flow."
                yield Problem("bad_id", message, "Use letters, digits and underscores.", node_id)

    def _block(self, node: Node) -> Iterator[Problem]:
        if node.block.startswith(PREFIX):
            yield from self._subflow(node)
            return
        base = look_up(node, self._catalogue)
        if base is not None:
            yield from self._control(node, base)
            return
        known = self._catalogue.get(node.block)
        if known is None and node.block.startswith(f"{CELL}:"):
            yield Problem(
                "unknown_cell",
                f"{node.block.partition(':')[2]!r} is a function of a notebook's cell, and the "
                "notebook is not here.",
                "Open the notebook that defines it, run its cells and the flow; or "
                "`persistentai run NOTEBOOK.ipynb:FLOW`.",
                node.id,
            )
        elif known is None:
            yield Problem(
                "unknown_block",
                f"There is no block {node.block!r}.",
                _did_you_mean(node.block, self._block_names, "`persistentai blocks` lists all."),
                node.id,
            )
        else:
            yield Problem(
                "unknown_version",
                f"Block {node.block!r} is here in version {known.version}, "
                f"not in version {node.version}.",
                f"Use version {known.version}, or install the package that has the other one.",
                node.id,
            )

    def _control(self, node: Node, base: Signature) -> Iterator[Problem]:
        if node.block not in KINDS:
            if node.flows:
                yield not_control(node)
            return
        found = self._scope.bodies(node)
        bodies = {
            role: signature_of(node.flows[role], body, self._catalogue)
            for role, body in found.items()
        }
        for role in sorted(node.flows.keys() - found.keys()):
            yield missing_flow(node, role, self._spec.flows)
        yield from control_problems(node, base, bodies, self._feeding.get(node.id, {}))
        yield from control_policy_problems(node)

    @cached_property
    def _block_names(self) -> list[str]:
        return [name for name in self._catalogue if "@" not in name]

    def _subflow(self, node: Node) -> Iterator[Problem]:
        if self._scope.inner(node) is None:
            name = node.block.removeprefix(PREFIX)
            message = f"There is no flow {name!r} inside this one."
            remedy = _did_you_mean(name, self._spec.flows, "Add it under `flows`.")
            yield Problem("unknown_flow", message, remedy, node.id)
        if node.version != 1:
            message = f"A flow inside a flow has no versions, but {node.version} is asked for."
            yield Problem("unknown_version", message, "Write version 1.", node.id)
        yield from control_policy_problems(node)

    def _values(self, node: Node) -> Iterator[Problem]:
        signature = self._signatures.get(node.id)
        if signature is None:
            return
        if node.policy and node.policy.approval and signature.effect is Effect.HUMAN:
            message = "This asks a person anyway; there is nothing to approve before."
            yield Problem("approval_of_question", message, "Leave `approval` out.", node.id)
        if node.block not in KINDS and not node.block.startswith(PREFIX):
            yield from policy_problems(node, signature.effect)
        for name, value in node.values.items():
            port = signature.input(name)
            if port is None:
                yield _unknown_port(node.id, name, "input", [p.name for p in signature.inputs])
                continue
            why = value_misfit(value, port.type)
            if why:
                remedy = "Write a value of the port's type, or feed it by an edge."
                yield Problem("bad_value", why, remedy, node.id, name)

    def _fed(self, node: Node) -> Iterator[Problem]:
        """What each input gets: exactly one thing."""
        signature = self._signatures.get(node.id)
        feeding = self._feeding.get(node.id, {})
        for name, edges in feeding.items():
            if len(edges) > 1:
                sources = ", ".join(sorted({str(edge.source) for edge in edges}))
                message = f"{len(edges)} edges feed this input: {sources}."
                remedy = "Merge them in a block (such as `lists.of`), and feed its result."
                yield Problem("input_fed_twice", message, remedy, node.id, name)
            if name in node.values:
                message = "An edge feeds this input, and it has a literal value too."
                yield Problem("value_and_edge", message, "Remove one of them.", node.id, name)
        for port in signature.inputs if signature else ():
            if port.required and port.name not in feeding and port.name not in node.values:
                message = f"The input {port.name!r} has no value."
                remedy = "Feed it by an edge, or write a literal."
                yield Problem("missing_input", message, remedy, node.id, port.name)

    def _edge(self, edge: Edge) -> Iterator[Problem]:
        known = True
        for ref in (edge.source, edge.target):
            if ref.node not in self._nodes and (ref.node != INPUT or ref is edge.target):
                known = False
                yield self._unknown_node(ref, f"the edge {edge.source} → {edge.target}")
        if edge.source.node == edge.target.node and known:
            message = "An edge leads from this node to itself."
            remedy = "Feed it from another node."
            yield Problem("self_edge", message, remedy, edge.target.node, edge.target.port)
        source, target = self._source_type(edge.source), self._target(edge.target)
        if isinstance(source, Problem):
            yield source
        if isinstance(target, Problem):
            yield target
        if isinstance(source, dict) and isinstance(target, Port):
            why = misfit(source, target.type)
            if why:
                message = f"{edge.source} does not fit: {why}"
                remedy = "Put a block between them that converts it, or choose another port."
                if "values.cast" in why:
                    remedy = "Put the block `values.cast` between them."
                yield Problem("type_mismatch", message, remedy, edge.target.node, edge.target.port)

    def _source_type(self, ref: PortRef) -> JsonSchema | Problem | None:
        if ref.node == INPUT:
            flow_input = self._spec.inputs.get(ref.port)
            if flow_input is None:
                return _unknown_port(INPUT, ref.port, "flow input", list(self._spec.inputs))
            return flow_input.type
        signature = self._signatures.get(ref.node)
        if signature is None:
            return None
        if signature.output(ref.port) is None:
            names = [p.name for p in signature.outputs]
            return _unknown_port(ref.node, ref.port, "output", names)
        return self._types.at(ref)

    def _target(self, ref: PortRef) -> Port | Problem | None:
        signature = self._signatures.get(ref.node)
        if signature is None:
            return None
        names = [p.name for p in signature.inputs]
        return signature.input(ref.port) or _unknown_port(ref.node, ref.port, "input", names)

    def _outputs(self) -> Iterator[Problem]:
        for name, ref in self._spec.outputs.items():
            if ref.node == INPUT:
                message = f"The output {name!r} is the flow's own input {ref.port!r}."
                remedy = "Take the output of a node."
                yield Problem("output_is_input", message, remedy, INPUT, ref.port)
            elif ref.node not in self._nodes:
                yield self._unknown_node(ref, f"the output {name!r}")
            else:
                found = self._source_type(ref)
                if isinstance(found, Problem):
                    yield found

    def _unknown_node(self, ref: PortRef, what: str) -> Problem:
        message = f"There is no node {ref.node!r}, which {what} speaks of."
        remedy = _did_you_mean(ref.node, self._nodes, "Add the node, or remove what names it.")
        return Problem("unknown_node", message, remedy, ref.node, ref.port)

    @cached_property
    def _after(self) -> dict[str, set[str]]:
        after: dict[str, set[str]] = {node_id: set() for node_id in self._nodes}
        for edge in self._spec.edges:
            one, other = edge.source.node, edge.target.node
            if one != other and one in after and other in after:
                after[one].add(other)
        return after

    def _circles(self) -> Iterator[Problem]:
        for names in circles(self._after):
            message = f"These nodes wait for each other: {' → '.join([*names, names[0]])}."
            yield Problem("cycle", message, "Remove one of the edges between them.", names[0])


def _unknown_port(node: str, name: str, side: str, known: list[str]) -> Problem:
    listed = ", ".join(f"`{each}`" for each in known)
    fallback = f"There are {listed}." if known else f"It has no {side}s."
    remedy = _did_you_mean(name, known, fallback)
    return Problem("unknown_port", f"There is no {side} {name!r}.", remedy, node, name)


def _did_you_mean(name: str, known: Mapping[str, object] | list[str], otherwise: str) -> str:
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}?" if close else otherwise
