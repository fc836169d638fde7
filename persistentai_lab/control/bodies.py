"""What a control node is given to run – a flow, a block, a function – as a flow inside."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import TraceError
from ..flow.codec import canonical
from ..flow.control.code import code_order
from ..flow.flow import Flow
from ..flow.model import FlowInput, FlowSpec, PortRef
from ..flow.scope import Scope, signature_of
from ..flow.signature import Signature
from ..flow.source import Source
from ..flow.trace import Recorder, draw, fresh_name, node_name, recording, type_hints
from ..flow.traced import Traced
from ..flow.values import codec_for
from ..ids import JsonSchema

AnyFunction = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Body:
    """A flow that a control node runs."""

    spec: FlowSpec
    signatures: Mapping[str, Signature]
    sources: Mapping[str, Source]
    order: tuple[str, ...]
    """Its inputs, in the order in which a call gives them."""
    captured: Mapping[str, Traced] = field(default_factory=dict)
    """Values of the flow around that it uses, by the input that each became."""

    def outside(self, name: str) -> Signature:
        """As it looks from outside."""
        return signature_of(name, Scope(self.spec), self.signatures)

    def given(self, args: Sequence[object], filled: Sequence[str] = ()) -> dict[str, object]:
        """What a call gives, by the names of the inputs; some are filled by the node itself."""
        free = [name for name in self.order if name not in filled]
        if len(args) > len(free):
            raise TraceError(
                f"{self.spec.name!r} takes {len(free)} inputs here, not {len(args)}.",
                remedy=f"Its inputs are {', '.join(f'`{it}`' for it in self.order) or 'none'}.",
            )
        return {**dict(zip(free, args, strict=False)), **self.captured}


def body_of(
    func: AnyFunction,
    recorder: Recorder,
    positional: Sequence[tuple[str, JsonSchema]],
    named: Mapping[str, JsonSchema],
    role: str,
) -> Body:
    """Draw what is to be run as a flow.

    Args:
        func: A flow, a block, or a function (a lambda) that calls some.
        recorder: The flow being drawn; a function may use its values.
        positional: Names and types of what it is called with, for functions that don't say.
        named: Types of what it is called with by name.
        role: Its part, which names it if it has no name.

    Raises:
        TraceError: It is none of these, or cannot be drawn.
    """
    if isinstance(func, Flow):
        return Body(func.spec, func.signatures, func.sources, _order_of(func))
    signature = getattr(func, "signature", None)
    if isinstance(signature, Signature):
        return _of_block(func, signature)
    if not callable(func):
        raise TraceError(
            f"{type(func).__name__} is nothing that could be run as {role!r}.",
            remedy="Give a flow, a block, or a function that calls some.",
        )
    return _of_function(func, recorder, positional, named, role)


def _order_of(flow: Flow[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(flow.func).parameters) if flow.func else code_order(flow.spec)


def _of_block(func: AnyFunction, signature: Signature) -> Body:
    inputs = {
        port.name: FlowInput(type=port.type)
        if port.required
        else FlowInput(type=port.type, default=port.default)
        for port in signature.inputs
    }
    with recording() as inner:
        outputs = draw(func, inputs, inner)
    name = node_name(signature.block)
    return _drawn(inner, name, outputs, tuple(inputs))


def _of_function(
    func: AnyFunction,
    recorder: Recorder,
    positional: Sequence[tuple[str, JsonSchema]],
    named: Mapping[str, JsonSchema],
    role: str,
) -> Body:
    parameters = inspect.signature(func).parameters.values()
    plain = [it for it in parameters if it.kind in (it.POSITIONAL_ONLY, it.POSITIONAL_OR_KEYWORD)]
    takes_more = any(it.kind is it.VAR_POSITIONAL for it in parameters)
    names = [it.name for it in plain[: len(positional)]]
    if takes_more:
        for wanted, _ in positional[len(names) :]:
            names.append(fresh_name(wanted, set(names)))
    if len(names) < len(positional):
        raise TraceError(
            f"{_name_of(func, role)!r} takes {len(names)} values, and would get {len(positional)}.",
            remedy="Give it a parameter more.",
        )
    hints = _hints(func)
    given = {name: kind for name, (_, kind) in zip(names, positional, strict=True)}
    given |= {
        it.name: named[it.name] for it in parameters if it.name in named and it.name not in given
    }
    inputs = {name: FlowInput(type=hints.get(name, kind)) for name, kind in given.items()}
    with recording(recorder) as inner:

        def call(**values: Any) -> object:
            first = [values.pop(name) for name in names]
            return func(*first, **values)

        outputs = draw(call, inputs, inner)
    return _drawn(inner, _name_of(func, role), outputs, tuple(names))


def _drawn(inner: Recorder, name: str, outputs: dict[str, PortRef], order: tuple[str, ...]) -> Body:
    spec = canonical(inner.spec(name, outputs))
    return Body(spec, inner.signatures, inner.sources, order, inner.captured)


def _hints(func: AnyFunction) -> dict[str, JsonSchema]:
    hints = type_hints(func) if hasattr(func, "__annotations__") else {}
    hints.pop("return", None)
    try:
        return {name: codec_for(hint).schema for name, hint in hints.items()}
    except TypeError as error:
        raise TraceError(
            f"A parameter cannot travel: {error}.", remedy="Use a type with a JSON form."
        ) from error


def _name_of(func: AnyFunction, role: str) -> str:
    name = getattr(func, "__name__", role)
    return role if name in ("<lambda>", "call") else name
