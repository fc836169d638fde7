"""A Python function is called once, with promises instead of values; its calls become the flow.

Parameters become typed inputs, calls of blocks and flows become nodes, what it returns becomes the
outputs. Plain Python around them (loops over constants, helper functions) simply runs.
"""

import inspect
import keyword
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NoReturn, get_type_hints

from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from ..errors import TraceError
from ..ids import Json, JsonSchema
from .codec import flow_hash
from .follow import OutputTypes, wide_type_of
from .model import INPUT, Edge, FlowInput, FlowSpec, Node, Policy, PortRef
from .scope import Scope, signatures_in
from .signature import Port, Signature
from .source import LiveSource, Source
from .traced import Outputs, Traced
from .values import BadValue, codec_for

RESULT = "result"
"""Name of the output of whatever has just one."""


@dataclass(frozen=True, slots=True)
class Placing:
    """Wishes for the node that a call makes; see `Block.with_`."""

    node_id: str | None = None
    version: int | None = None
    policy: Policy | None = None
    alias: str | None = None
    """For a flow used as a block: the name that it gets inside the outer flow."""
    flows: Mapping[str, str] = field(default_factory=dict)
    """For a control node: the flows that it runs."""


@dataclass(slots=True)
class Recorder:
    """Collects what a traced function does."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    flows: dict[str, FlowSpec] = field(default_factory=dict)
    signatures: dict[str, Signature] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    """Where the text of each unit of code comes from whose blocks are used."""
    inputs: dict[str, FlowInput] = field(default_factory=dict)
    outer: "Recorder | None" = None
    """The flow around, if its values may be used in this one: they become inputs."""
    captured: dict[str, Traced] = field(default_factory=dict)
    """Values of the flow around that were used, by the input that each became."""

    def take(self, unit: str, source: Source) -> None:
        """Remember where the text of a unit of code comes from."""
        known = self.sources.get(unit)
        both = isinstance(known, LiveSource) and isinstance(source, LiveSource)
        self.sources[unit] = known | source if both else source  # type: ignore[operator]

    def take_flow(self, spec: FlowSpec, alias: str | None = None) -> str:
        """Have a flow inside this one, and return its name here."""
        if alias is None:
            same = (
                name
                for name, other in self.flows.items()
                if other == spec or flow_hash(other) == flow_hash(spec)
            )
            alias = next(same, None) or fresh_name(slug(spec.name), self.flows)
        self.flows[alias] = spec
        return alias

    def type_of(self, value: object) -> JsonSchema:
        """What is known so far of a value's type; of a literal, the kind of value it is."""
        if isinstance(value, Outputs):
            value = _only(value, "This")
        if not isinstance(value, Traced):
            return wide_type_of(_literal(value, PortRef(node="the flow", port="a value")))
        ref = self._source_of(value)
        if ref.node == INPUT:
            return self.inputs[ref.port].type if ref.port in self.inputs else value._port.type
        spec = self.spec("drawn so far", {})
        types = OutputTypes(spec, signatures_in(Scope(spec), self.signatures))
        return types.at(ref) or {}

    def spec(self, name: str, outputs: dict[str, PortRef]) -> FlowSpec:
        """What was drawn."""
        return FlowSpec(
            name=name,
            inputs=self.inputs,
            outputs=outputs,
            nodes=tuple(self.nodes.values()),
            edges=tuple(self.edges),
            flows=self.flows,
        )

    def place(
        self,
        signature: Signature,
        args: Sequence[object],
        kwargs: Mapping[str, object],
        placing: Placing,
    ) -> Traced | Outputs:
        """Add a node and return its outputs."""
        node_id = placing.node_id or fresh_name(node_name(signature.block), self.nodes)
        if node_id in self.nodes:
            raise TraceError(
                f"Two nodes are called {node_id!r}.",
                remedy="Give one of them another id, or leave the id out.",
                node=node_id,
            )
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", node_id):
            raise TraceError(
                f"{node_id!r} is no node id.", remedy="Use letters, digits and underscores."
            )
        values: dict[str, Json] = {}
        for port, value in _bind(signature, node_id, args, kwargs).items():
            target = PortRef(node=node_id, port=port)
            if isinstance(value, Traced):
                self.edges.append(Edge(source=self._source_of(value), target=target))
            else:
                values[port] = _literal(value, target)
        self.nodes[node_id] = Node(
            id=node_id,
            block=signature.block,
            version=placing.version or signature.version,
            values=values,
            policy=placing.policy,
            flows=dict(placing.flows),
        )
        return self._outputs(node_id, signature)

    def promise(self, ref: PortRef, port: Port) -> Traced:
        """The value that `ref` will have."""
        return Traced(ref, port, self)

    def ref(self, value: object, what: str) -> PortRef:
        """Where a returned value comes from."""
        if isinstance(value, Outputs):
            value = _only(value, what)
        if not isinstance(value, Traced):
            raise TraceError(
                f"{what} is the constant {value!r}, known before the flow runs.",
                remedy="Return what a block returned; `values.constant` makes a constant one.",
            )
        ref = self._source_of(value)
        if ref.node == INPUT:
            raise TraceError(
                f"{what} is the flow's own input {ref.port!r}.",
                remedy="Return what a block returned; the caller knows the inputs already.",
                node=INPUT,
                port=ref.port,
            )
        return ref

    def _source_of(self, value: Traced) -> PortRef:
        if value._owner is not self and self.outer is not None:
            return self._capture(value)
        if value._owner is not self:
            ref: PortRef = value._ref
            raise TraceError(
                f"The value of {str(ref)!r} belongs to another flow.",
                remedy="Pass it in as an input.",
                node=ref.node,
                port=ref.port,
            )
        return value._ref

    def _capture(self, value: Traced) -> PortRef:
        """A value of the flow around becomes an input of this one."""
        outer = self.outer
        assert outer is not None
        ref = outer._source_of(value)
        for name, known in self.captured.items():
            if outer._source_of(known) == ref:
                return PortRef(node=INPUT, port=name)
        plain = ref.node if ref.port == RESULT else f"{ref.node}_{ref.port}"
        wanted = ref.port if ref.node == INPUT else plain
        name = fresh_name(f"{wanted}_" if keyword.iskeyword(wanted) else wanted, self.inputs)
        self.inputs[name] = FlowInput(type=outer.type_of(value))
        self.captured[name] = value
        return PortRef(node=INPUT, port=name)

    def _outputs(self, node_id: str, signature: Signature) -> Traced | Outputs:
        ports = {
            port.name: self.promise(PortRef(node=node_id, port=port.name), port)
            for port in signature.outputs
        }
        return ports[RESULT] if list(ports) == [RESULT] else Outputs(node_id, ports)


_CURRENT: ContextVar[Recorder | None] = ContextVar("flow_being_traced", default=None)


def current() -> Recorder | None:
    """The flow being traced right now, if any."""
    return _CURRENT.get()


def is_tracing() -> bool:
    """Whether a flow is being traced right now."""
    return _CURRENT.get() is not None


@contextmanager
def recording(outer: Recorder | None = None) -> Iterator[Recorder]:
    """Trace whatever is called inside.

    Args:
        outer: The flow around, if its values may be used.
    """
    recorder = Recorder(outer=outer)
    token = _CURRENT.set(recorder)
    try:
        yield recorder
    finally:
        _CURRENT.reset(token)


def fresh_name(base: str, taken: Mapping[str, object] | set[str]) -> str:
    """Find a free name: `top`, then `top_2`, `top_3`, …."""
    name, count = base, 1
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    return name


def node_name(block: str) -> str:
    """The id that a node gets by itself: the name of its block's function."""
    name = re.sub(r"\W", "_", re.split(r"[.:]", block)[-1], flags=re.ASCII)
    return f"_{name}" if name[:1].isdigit() else name


def slug(name: str) -> str:
    """A name for code and file formats, made from a name for people."""
    text = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")[:80] or "flow"
    return f"_{text}" if text[0].isdigit() else text


def trace(func: Callable[..., object], *, name: str | None = None) -> tuple[FlowSpec, Recorder]:
    """Draw the flow that a function describes.

    Raises:
        TraceError: Python was used on a value that only exists when the flow runs, or a parameter
            has no type.
    """
    __tracebackhide__ = True  # what the function raises is for whoever wrote it
    inputs = _inputs(func)
    with recording() as recorder:
        outputs = draw(func, inputs, recorder)
    return recorder.spec(name or func.__name__, outputs), recorder


def draw(
    func: Callable[..., object], inputs: Mapping[str, FlowInput], recorder: Recorder
) -> dict[str, PortRef]:
    """Call a function with promises of its inputs; returns where its outputs come from."""
    __tracebackhide__ = True
    recorder.inputs.update(inputs)
    promises = {
        key: recorder.promise(
            PortRef(node=INPUT, port=key),
            Port(name=key, type=value.type, required=not value.has_default),
        )
        for key, value in inputs.items()
    }
    try:
        returned = func(**promises)
    except TypeError as error:
        if "Traced" not in str(error):
            raise
        raise TraceError(
            f"A value that exists only when the flow runs was used by Python: {error}.",
            remedy="Do this inside a block of your own (`@pai.block`).",
        ) from error
    return _named_outputs(returned, recorder)


def declared_outputs(func: Callable[..., object]) -> dict[str, JsonSchema]:
    """What the return annotation of a flow says of its outputs, by name."""
    kind = type_hints(func).get("return")
    if kind is None or kind is type(None):
        return {}
    fields = type_hints(kind) if isinstance(kind, type) and hasattr(kind, "_fields") else {}
    try:
        return {name: codec_for(hint).schema for name, hint in (fields or {RESULT: kind}).items()}
    except TypeError:  # a type that cannot travel is no promise about values that do
        return {}


def _inputs(func: Callable[..., object]) -> dict[str, FlowInput]:
    if inspect.iscoroutinefunction(func) or inspect.isgeneratorfunction(func):
        raise TraceError(
            f"Flow {func.__name__!r} is drawn, not awaited.", remedy="Write it with a plain `def`."
        )
    hints = type_hints(func)
    return {
        name: _input(name, parameter, hints)
        for name, parameter in inspect.signature(func).parameters.items()
    }


def _input(name: str, parameter: inspect.Parameter, hints: Mapping[str, object]) -> FlowInput:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        _refuse_input(
            name, "has no fixed name", "Write each input out: `*args`, `**kwargs` and `/`"
        )
    if name not in hints:
        _refuse_input(name, "has no type", f"Write one, such as `{name}: str`")
    if not name.isascii() or keyword.iskeyword(name):
        _refuse_input(name, "cannot be named so", "Use ASCII letters, digits and underscores")
    try:
        codec = codec_for(hints[name])
        if parameter.default is parameter.empty:
            return FlowInput(type=codec.schema)
        default: Json = to_jsonable_python(
            codec.decode(codec.encode(parameter.default)), inf_nan_mode="constants"
        )
        return FlowInput(type=codec.schema, default=default)
    except (TypeError, ValueError) as error:
        _refuse_input(name, f"cannot travel: {error}", "Use a type with a JSON form, or a table")
    except BadValue as error:
        _refuse_input(name, f"has a default of another type: {error}", "Change type or default")


def _refuse_input(name: str, wrong: str, remedy: str) -> NoReturn:
    raise TraceError(f"Flow input {name!r} {wrong}.", remedy=f"{remedy}.", node=INPUT, port=name)


def type_hints(func: Callable[..., object]) -> dict[str, object]:
    """The annotations of a function, with names resolved. Raises `TraceError` if one can't be."""
    try:
        return get_type_hints(func, include_extras=True)
    except NameError as error:
        raise TraceError(
            f"{func.__qualname__}: the name {error.name!r} in its annotations is not to be found.",
            remedy="Import or define it at the top of the module.",
        ) from error


def _named_outputs(returned: object, recorder: Recorder) -> dict[str, PortRef]:
    if returned is None:
        return {}
    if isinstance(returned, Mapping):
        named = {str(key): value for key, value in returned.items()}
    elif isinstance(returned, tuple) and hasattr(returned, "_fields"):
        named = dict(zip(returned._fields, returned, strict=True))
    elif isinstance(returned, Outputs):
        named = dict(returned._ports)
    elif isinstance(returned, tuple | list):
        raise TraceError(
            "The flow returns several values without names.",
            remedy='Return a dict (`{"mean": mean, "rows": rows}`) or a NamedTuple.',
        )
    else:
        named = {RESULT: returned}
    return {key: recorder.ref(value, f"Output {key!r}") for key, value in named.items()}


def _bind(
    signature: Signature, node_id: str, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    names = [port.name for port in signature.inputs]
    bound = dict(zip(names, args, strict=False))
    if len(args) > len(names):
        _refuse_call(node_id, f"takes {len(names)} inputs, not {len(args)}", names)
    for name, value in kwargs.items():
        if name in bound:
            _refuse_call(node_id, f"got {name!r} twice", names, name)
        if name not in names:
            _refuse_call(node_id, f"has no input {name!r}", names, name)
        bound[name] = value
    missing = [p.name for p in signature.inputs if p.required and p.name not in bound]
    if missing:
        _refuse_call(node_id, f"lacks its input {missing[0]!r}", names, missing[0])
    return {
        name: _only(value, f"{node_id}.{name}") if isinstance(value, Outputs) else value
        for name, value in bound.items()
    }


def _refuse_call(
    node_id: str, wrong: str, names: Sequence[str], port: str | None = None
) -> NoReturn:
    known = ", ".join(f"`{name}`" for name in names) or "none"
    raise TraceError(
        f"{node_id!r} {wrong}.", remedy=f"Its inputs are {known}.", node=node_id, port=port
    )


def _only(outputs: Outputs, what: str) -> Traced:
    if len(outputs) == 1:
        return outputs[0]
    raise TraceError(
        f"{what}: {outputs._node!r} has {len(outputs) or 'no'} outputs.",
        remedy=outputs._choice(),
        node=outputs._node,
    )


def _literal(value: object, target: PortRef) -> Json:
    inside = next(_traced_inside(value), None)
    if inside is not None:
        raise TraceError(
            f"{target}: a value that exists only when the flow runs stands inside a "
            f"{type(value).__name__}.",
            remedy="Pass it on its own; `lists.of` makes a list of several.",
            node=target.node,
            port=target.port,
        )
    try:
        plain: Json = to_jsonable_python(value, inf_nan_mode="constants")
        if b"NaN" in (text := to_json(plain, inf_nan_mode="constants")) or b"Infinity" in text:
            _refuse_special_floats(plain)
    except (PydanticSerializationError, ValueError) as error:
        raise TraceError(
            f"{target}: {type(value).__name__} cannot be written into a flow ({error}).",
            remedy="Make it with a block, or pass it in as an input.",
            node=target.node,
            port=target.port,
        ) from error
    return plain


def _refuse_special_floats(value: Json) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"JSON has no {value}")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _refuse_special_floats(item)


def _traced_inside(value: object) -> Iterator[Traced | Outputs]:
    if isinstance(value, Traced | Outputs):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _traced_inside(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _traced_inside(item)
