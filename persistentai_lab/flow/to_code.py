"""A flow as Python: what a person would have written to draw it."""

import builtins
import keyword
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from ..errors import FlowInvalid, Problem
from ..ids import Json
from .annotation import Annotations, is_plain_name, literal
from .codec import canonical, flow_hash
from .control import code as control
from .control.call import as_written
from .control.kinds import KINDS
from .model import INPUT, Breaker, Budget, FlowSpec, Node, Policy, PortRef, Rate
from .scope import PREFIX, Scope, look_up, signature_of, signatures_in
from .signature import Signature
from .trace import RESULT, fresh_name, node_name, slug

_WIDTH = 96
_BUILTIN = "persistentai_lab.blocks"
_TYPES = {
    *("Annotated", "Any", "JsonType", "Literal", "Path", "UUID", "PIL"),
    *("datetime", "numpy", "pandas"),
}
"""Names that annotations may import."""
_LIBRARIES = {"persistentai_lab", "pandas", "numpy", "PIL"}


def to_code(spec: FlowSpec, signatures: Mapping[str, Signature], *, doc: str = "") -> str:
    """Write a flow as Python; tracing the result gives the flow back (positions apart).

    Args:
        spec: A flow without problems (see `check`).
        signatures: Of its blocks.
        doc: Text for the docstring.

    Raises:
        FlowInvalid: A node uses what is not there, or a block that code cannot import.
    """
    module = _Module(signatures)
    module.reserve(Scope(canonical(spec)))
    module.flow(Scope(canonical(spec)), doc)
    return module.text()


@dataclass(slots=True)
class _Module:
    """The module being written: names are given out once, for blocks as for flows."""

    signatures: Mapping[str, Signature]
    annotations: Annotations = field(default_factory=Annotations)
    taken: set[str] = field(default_factory=lambda: {"pai", *dir(builtins), *_TYPES})
    names: dict[str, str] = field(default_factory=dict)
    """What code calls a block's family or function, by `family` or `module:function`."""
    imports: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What is imported from each module."""
    flows: dict[str, str] = field(default_factory=dict)
    """Names of the flows written so far, by their hash."""
    bodies: list[str] = field(default_factory=list)

    def reserve(self, scope: Scope) -> None:
        """Keep all names of inputs free of other meanings, in all flows."""
        self.taken |= scope.spec.inputs.keys()
        for inner in _inner_scopes(scope):
            self.reserve(inner)

    def flow(self, scope: Scope, doc: str = "") -> str:
        """Write a flow, those inside first, and return its name in code."""
        known = self.flows.get(flow_hash(scope.spec))
        if known is not None:
            return known
        for inner in _inner_scopes(scope):
            self.flow(inner)
        name = self._fresh(slug(scope.spec.name))
        self.flows[flow_hash(scope.spec)] = name
        self.bodies.append(_Body(self, scope, name, doc).text())
        return name

    def block(self, node: Node) -> str:
        """How code calls a block, importing it if need be."""
        module, colon, function = node.block.partition(":")
        if not colon:
            family, _, function = node.block.partition(".")
            if not (is_plain_name(family) and is_plain_name(function)):
                raise _unwritable(node)
            return f"{self._import(family, _BUILTIN, family)}.{function}"
        if not all(is_plain_name(part) for part in (*module.split("."), function)):
            raise _unwritable(node)
        return self._import(node.block, module, function)

    def text(self) -> str:
        """The whole module."""
        lines = {"import persistentai_lab as pai", *self.annotations.imports}
        for module, names in self.imports.items():
            lines.add(_wrapped(f"from {module} import ", sorted(names), "", "    ", "()"))
        head = "\n".join(sorted(lines, key=_import_order))
        return head + "\n\n\n" + "\n\n\n".join(self.bodies) + "\n"

    def _import(self, key: str, module: str, name: str) -> str:
        if key not in self.names:
            self.names[key] = alias = self._fresh(name)
            self.imports[module].add(name if alias == name else f"{name} as {alias}")
        return self.names[key]

    def _fresh(self, name: str) -> str:
        while name in self.taken or keyword.iskeyword(name):
            name += "_"
        self.taken.add(name)
        return name


class _Body:
    """One flow's function."""

    def __init__(self, module: _Module, scope: Scope, name: str, doc: str) -> None:
        self._module = module
        nodes = tuple(map(as_written, scope.spec.nodes))
        self._spec = scope.spec.model_copy(update={"nodes": nodes})
        self._scope = Scope(self._spec, scope.outer)
        self._name = name
        self._doc = doc
        self._feeding: dict[str, dict[str, PortRef]] = defaultdict(dict)
        for edge in self._spec.edges:
            self._feeding[edge.target.node][edge.target.port] = edge.source
        self._read = {edge.source.node for edge in self._spec.edges}
        self._read |= {ref.node for ref in self._spec.outputs.values()}
        self._used: set[str] = set()
        """Ids given so far: tells which id a node would get by itself."""
        self._aliases: dict[str, str] = {}
        self._variables: dict[str, str] = {}
        self._signatures: dict[str, Signature] = {}

    def text(self) -> str:
        nodes = list(_in_order(self._spec))
        for node in nodes:  # imports first: variables give way to them
            self._signatures[node.id] = self._signature(node)
            self._call_name(node)
        locals_taken = set(self._module.taken)
        for node in nodes:
            variable = node.id
            while variable in locals_taken or keyword.iskeyword(variable):
                variable += "_"
            locals_taken.add(variable)
            self._variables[node.id] = variable
        lines = [self._statement(node) for node in nodes]
        lines.append(self._return())
        name = self._spec.name
        wishes = [] if name == self._name else [f"name={literal(name)}"]
        if self._spec.budget is not None:
            wishes.append(f"budget={literal(_plain(self._spec.budget))}")
        decorator = f"@pai.flow({', '.join(wishes)})" if wishes else "@pai.flow"
        parts = [f"{decorator}\n{self._head()}", self._docstring(), *lines]
        return "\n".join(part for part in parts if part)

    def _head(self) -> str:
        parameters, optional = [], []
        for name, given in sorted(self._spec.inputs.items()):
            annotation = self._module.annotations.write(given.type)
            if given.has_default:
                optional.append(f"{name}: {annotation} = {literal(given.default)}")
            else:
                parameters.append(f"{name}: {annotation}")
        return _wrapped(f"def {self._name}(", [*parameters, *optional], "):", "    ")

    def _docstring(self) -> str:
        text = self._doc.strip().replace("\\", "\\\\")
        text = re.sub(r'"(?="|\Z)', r'\\"', text)  # no quote may end the docstring too early
        if not text:
            return ""
        return f'    """{text}"""' if "\n" not in text else f'    """{text}\n    """'

    def _statement(self, node: Node) -> str:
        call = self._call_name(node)
        wishes = self._wishes(node)
        if wishes:
            call += f".with_({', '.join(wishes)})"
        arguments: list[str] = []
        given = dict(self._arguments(node))
        if node.block in KINDS:
            bodies = self._scope.bodies(node)
            flows = {role: self._module.flow(body) for role, body in bodies.items()}
            arguments, given = control.arguments(node, flows, given)
        odd: list[str] = []
        for name, value in given.items():
            if is_plain_name(name):
                arguments.append(f"{name}={value}")
            else:
                odd.append(f'"{name}": {value}')
        if odd:
            arguments.append("**{" + ", ".join(odd) + "}")
        variable = self._variables[node.id]
        result = f"{variable} = " if node.id in self._read else ""
        return _wrapped(f"    {result}{call}(", arguments, ")", "        ")

    def _arguments(self, node: Node) -> Iterator[tuple[str, str]]:
        edges = self._feeding[node.id]
        known = [port.name for port in self._signatures[node.id].inputs]
        for name in (*known, *sorted({*edges, *node.values} - set(known))):
            if name in edges:
                yield name, self._value(edges[name])
            elif name in node.values:
                yield name, literal(node.values[name])

    def _value(self, ref: PortRef) -> str:
        if ref.node == INPUT:
            return ref.port
        variable = self._variables[ref.node]
        if [port.name for port in self._signatures[ref.node].outputs] == [RESULT]:
            return variable
        if is_plain_name(ref.port) and not ref.port.startswith("_"):
            return f"{variable}.{ref.port}"
        return f'{variable}["{ref.port}"]'

    def _return(self) -> str:
        outputs = {name: self._value(ref) for name, ref in sorted(self._spec.outputs.items())}
        if not outputs:
            return ""
        if list(outputs) == [RESULT]:
            return f"    return {outputs[RESULT]}"
        parts = [f'"{name}": {value}' for name, value in outputs.items()]
        return _wrapped("    return {", parts, "}", "        ")

    def _wishes(self, node: Node) -> list[str]:
        """What has to be said because the node would not get it by itself."""
        wishes = []
        if fresh_name(node_name(node.block), self._used) != node.id:
            wishes.append(f'id="{node.id}"')
        self._used.add(node.id)
        inner = self._scope.inner(node)
        if inner is not None:
            alias = node.block.removeprefix(PREFIX)
            if not self._is_own_alias(inner, alias):
                wishes.append(f'alias="{alias}"')
            return [*wishes, *_policy(node.policy)]
        if node.block in KINDS:
            return [*wishes, *self._control_wishes(node)]
        if node.version != self._module.signatures[node.block].version:
            wishes.append(f"version={node.version}")
        return [*wishes, *_policy(node.policy)]

    def _control_wishes(self, node: Node) -> Iterator[str]:
        bodies = self._scope.bodies(node)
        specs = {role: body.spec for role, body in bodies.items()}
        if names := control.wished_names(node, specs):
            yield f"names={literal(dict(names.items()))}"
        wished = [(r, node.flows[r]) for r, body in bodies.items()
                  if not self._is_own_alias(body, node.flows[r])]  # fmt: skip
        if wished:
            yield f"aliases={literal(dict(wished))}"
        yield from _policy(node.policy)

    def _is_own_alias(self, inner: Scope, alias: str) -> bool:
        """Whether the flow would get this name inside this one by itself. It has it from now on."""
        digest = flow_hash(inner.spec)
        known = (name for name, other in self._aliases.items() if other == digest)
        own = next(known, None) or fresh_name(slug(inner.spec.name), set(self._aliases))
        self._aliases[alias] = digest
        return own == alias

    def _call_name(self, node: Node) -> str:
        if node.block in KINDS:
            return f"pai.{node.block.partition('.')[2]}"
        inner = self._scope.inner(node)
        return self._module.flow(inner) if inner is not None else self._module.block(node)

    def _signature(self, node: Node) -> Signature:
        inner = self._scope.inner(node)
        if inner is not None:
            return signature_of(node.block.removeprefix(PREFIX), inner, self._module.signatures)
        if node.block in KINDS and node.block in self._module.signatures:
            return signatures_in(self._scope, self._module.signatures)[node.id]
        found = look_up(node, self._module.signatures) or self._module.signatures.get(node.block)
        if found is None:
            raise _unwritable(node)
        return found


def _inner_scopes(scope: Scope) -> Iterator[Scope]:
    found = (inner for node in _in_order(scope.spec) for inner in scope.inside(node))
    yield from {id(inner): inner for inner in found}.values()


def _in_order(spec: FlowSpec) -> Iterator[Node]:
    """Nodes after what feeds them; otherwise `top`, `top_2`, … `top_10`."""
    nodes = {node.id: node for node in spec.nodes}
    after: dict[str, set[str]] = {node_id: set() for node_id in nodes}
    missing = dict.fromkeys(nodes, 0)
    for edge in spec.edges:
        one, other = edge.source.node, edge.target.node
        if one in nodes and other in nodes and other not in after[one]:
            after[one].add(other)
            missing[other] += 1
    ready = [(_natural(node_id), node_id) for node_id, count in missing.items() if not count]
    heapify(ready)
    while ready:
        _, node_id = heappop(ready)
        yield nodes.pop(node_id)
        for other in after[node_id]:
            missing[other] -= 1
            if not missing[other]:
                heappush(ready, (_natural(other), other))
    if nodes:
        message = f"These nodes wait for each other: {', '.join(sorted(nodes))}."
        raise FlowInvalid([Problem("cycle", message, "Remove an edge.", min(nodes))])


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part or 0), text) for text, part in re.findall(r"(\D+)(\d*)", name)]


def _policy(policy: Policy | None) -> Iterable[str]:
    if policy is None:
        return
    if policy.retry is not None:
        told = policy.retry.model_dump(exclude_defaults=True)
        if set(told) <= {"attempts"}:
            yield f"retry={policy.retry.attempts}"
        else:
            yield f"retry={literal(told)}"
    if policy.timeout_s is not None:
        yield f"timeout_s={policy.timeout_s!r}"
    if policy.approval is not None:
        asks = policy.approval.model_dump(mode="json", exclude_defaults=True)
        yield f"approval={literal(asks) if asks else True}"
    if policy.rate is not None:
        yield f"rate={literal(_plain(policy.rate))}"
    if policy.cache_s is not None:
        yield f"cache={policy.cache_s!r}"
    if policy.breaker is not None:
        yield f"breaker={literal(_plain(policy.breaker))}"
    if policy.budget is not None:
        yield f"budget={literal(_plain(policy.budget))}"


def _plain(policy: Rate | Breaker | Budget) -> dict[str, Json]:
    return policy.model_dump(mode="json", exclude_defaults=True)


def _wrapped(head: str, parts: list[str], tail: str, pad: str, extra: str = "") -> str:
    """One line, or one line a part; `extra` brackets are needed only if it is several lines."""
    line = f"{head}{', '.join(parts)}{tail}"
    if len(line) <= _WIDTH:
        return line
    rows = "".join(f"{pad}{part},\n" for part in parts)
    return f"{head}{extra[:1]}\n{rows}{pad[:-4]}{extra[1:]}{tail}"


def _import_order(line: str) -> tuple[int, str]:
    kind, module = line.split()[:2]
    top = module.partition(".")[0]
    group = 0 if top in sys.stdlib_module_names else 1 if top in _LIBRARIES else 2
    return group, f"{kind != 'import'} {module} {line}"


def _unwritable(node: Node) -> FlowInvalid:
    return FlowInvalid(
        [
            Problem(
                "no_code",
                f"Block {node.block!r} cannot be imported by its name.",
                "Define it at the top of a module that is here, under a plain name.",
                node.id,
            )
        ]
    )
