"""`@block`: a typed function becomes a building block."""

import inspect
import linecache
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec, TypeVar, overload

from ..errors import WrongType
from ..flow.duration import Duration
from ..flow.model import Approval, Breaker, Budget, Policy, Rate, Retry
from ..flow.payload import Payload
from ..flow.policies import breaker_of, budget_of, cache_of, rate_of, retry_of
from ..flow.signature import CELL, Effect, Signature, code_unit
from ..flow.trace import Placing, current
from ..flow.traced import Outputs, Traced
from ..flow.values import BadValue, Codec
from ..memory.layer import Promise
from .cell_source import CellSource
from .cells import code_of, scope_of
from .people import AtExpiry, approval_from, approval_of
from .ports import read_ports

P = ParamSpec("P")
R = TypeVar("R")
BUILTIN = "persistentai_lab.blocks."
SOURCE = "__pai_source__"
"""Global in which `load_source` leaves the text of the module it made."""


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs and the output that they give. Shown in the palette, checked by the tests."""

    inputs: Mapping[str, object]
    output: object = None


class _AsFunction:
    """What an inspector asks of a block is answered by its function; of the class, by the class."""

    def __init__(self, of_block: Callable[["Block[..., Any]"], Any], of_class: object) -> None:
        self._of_block = of_block
        self._of_class = of_class

    def __get__(self, block: "Block[..., Any] | None", owner: type) -> Any:
        if block is not None:
            return self._of_block(block)
        if self._of_class is None:
            raise AttributeError("the class has none of its own")
        return self._of_class


@dataclass(frozen=True, slots=True, eq=False)
class Block(Generic[P, R]):
    """A typed building block. Calling it runs its function; inside a flow it places a node."""

    func: Callable[P, R]
    signature: Signature
    examples: tuple[Example, ...] = ()
    wants_context: bool = False
    """Whether the function has a parameter `ctx`, lent by the engine."""
    is_async: bool = False
    _inputs: tuple[tuple[str, Codec, Payload | None], ...] = field(default=(), repr=False)
    """Name, codec, and encoded default: decoded anew each time, so that no body can spoil it."""
    _outputs: tuple[tuple[str, Codec], ...] = field(default=(), repr=False)
    _result_kind: type | None = field(default=None, repr=False)
    """The NamedTuple whose fields are the outputs."""

    @property
    def name(self) -> str:
        """`family.function` for our own, `module:function` for everybody else's."""
        return self.signature.block

    @property
    def module(self) -> str | None:
        """The module that must be shipped to run it; None for built-in blocks."""
        return self.name.partition(":")[0] if ":" in self.name else None

    def source(self) -> "str | CellSource | None":
        """Text of the module it is defined in; None if that cannot be had.

        That of a function of a cell is put together when it is sent.
        """
        if self.module == CELL and SOURCE not in scope_of(self.func):
            return CellSource((self,))
        return _source_of(self.func)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the function; inside a flow, place a node."""
        __tracebackhide__ = True  # a person's function called by a person: no place of ours
        if current() is None:
            return self.func(*args, **kwargs)
        return self._placed(Placing(), args, kwargs)  # type: ignore[return-value]  # a promise of R

    def with_(
        self,
        *,
        id: str | None = None,
        retry: int | Retry | Mapping[str, float] | None = None,
        timeout_s: float | None = None,
        approval: bool | Approval | Mapping[str, Any] | None = None,
        rate: str | Rate | Mapping[str, Any] | None = None,
        cache: Duration | None = None,
        breaker: int | Breaker | Mapping[str, Any] | None = None,
        budget: Budget | Mapping[str, Any] | None = None,
        version: int | None = None,
    ) -> Callable[P, R]:
        """The same block with wishes for its node: `csv.read.with_(id="raw", retry=3)(path)`.

        Args:
            id: Id of the node, if the block's own name won't do.
            retry: Attempts in all, or a `Retry` with its back-off.
            timeout_s: Limit for one attempt, in seconds.
            approval: Whether, and how, a person is asked before it runs; see `needs_approval`.
            rate: How often it may start, in the whole workspace: `"10/min"`, or a `Rate` with a
                key that several blocks share.
            cache: For how long a result on the same inputs is used again: `"1h"`.
            breaker: After how many failures within a minute nobody calls it for half a minute; or
                a `Breaker`.
            budget: What it may spend before a person is asked, as `{"tokens": 1000}`.
            version: Another version of the block than the one imported.
        """
        policy = policy_of(
            retry, timeout_s, approval, rate=rate, cache=cache, breaker=breaker, budget=budget
        )
        placing = Placing(node_id=id, policy=policy, version=version)

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if current() is None:
                return self.func(*args, **kwargs)
            return self._placed(placing, args, kwargs)  # type: ignore[return-value]

        return call

    def needs_approval(
        self,
        *,
        by: str | Sequence[str] = (),
        text: str = "",
        expires: Duration | None = None,
        at_expiry: AtExpiry = "reject",
        **wishes: Any,
    ) -> Callable[P, R]:
        """The same block, which runs only when a person has seen what it will do, and said yes.

        `mail.send.needs_approval(by="ada", expires="2d")(to, body)`

        They see the inputs, may change them, or reject the step with a reason.

        Args:
            by: Who may answer. Left out, anybody of the workspace.
            text: What to ask them.
            expires: For how long it can be answered: seconds, a `timedelta`, `"8h"`, `"3d"`.
            at_expiry: What no answer in time means: `reject`, `approve` or `fail`.
            **wishes: What `with_` takes.

        Raises:
            TraceError: A duration or a choice is none.
        """
        return self.with_(approval=approval_from(by, text, expires, at_expiry), **wishes)

    def load_inputs(self, payloads: Mapping[str, Payload]) -> dict[str, object]:
        """Decode and validate what the edges brought; inputs left out get their defaults.

        Raises:
            WrongType: A payload does not fit its port, or a required one is missing.
        """
        loaded: dict[str, object] = {}
        for name, codec, default in self._inputs:
            payload = payloads.get(name, default)
            if payload is None:
                raise WrongType(f"{self.name}: input {name!r} is missing.")
            try:
                loaded[name] = codec.decode(payload)
            except BadValue as error:
                raise self._wrong("input", name, error) from error
        return loaded

    def dump_outputs(self, result: object) -> dict[str, Payload]:
        """Validate and encode what the body returned, by output port.

        Raises:
            WrongType: The result is not what the annotation says; names expected and actual.
        """
        outputs = self._outputs
        values: Sequence[object] = (result,)
        if self._result_kind is not None:
            values = self._fields_of(result)
        elif not outputs:
            values = ()
            if result is not None:
                raise self._wrong("output", "", BadValue("None", type(result).__name__))
        dumped: dict[str, Payload] = {}
        for (name, codec), value in zip(outputs, values, strict=True):
            try:
                if isinstance(value, Promise):
                    dumped[name] = value.payload
                else:
                    dumped[name] = codec.encode(value)
            except BadValue as error:
                raise self._wrong("output", name, error) from error
        return dumped

    def _fields_of(self, result: object) -> Sequence[object]:
        if isinstance(result, tuple) and len(result) == len(self._outputs):
            return result
        kind = self._result_kind.__name__ if self._result_kind else "tuple"
        raise self._wrong("output", "", BadValue(kind, type(result).__name__))

    def _wrong(self, side: str, port: str, error: BadValue) -> WrongType:
        where = f"{side} {port!r}" if port else side
        remedy = (
            "Return what the annotation says, or change the annotation."
            if side == "output"
            else "Send a value of this type, or convert it with `values.cast`."
        )
        return WrongType(f"{self.name}: {where} {error}.", remedy=remedy)

    def _placed(
        self, placing: Placing, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> Traced | Outputs:
        recorder = current()
        assert recorder is not None
        outputs = recorder.place(self.signature, args, kwargs, placing)
        recorder.signatures[self.name] = self.signature
        unit = code_unit(self.name)
        if unit is not None:
            recorder.take(unit, self.source())
        return outputs


def _call_signature(block: Block[..., Any]) -> inspect.Signature:
    """Of the function, without what the engine lends."""
    told = inspect.signature(block.func)
    ports = [item for item in told.parameters.values() if item.name != "ctx"]
    return told.replace(parameters=ports) if block.wants_context else told


Block.__doc__ = _AsFunction(lambda block: block.func.__doc__, Block.__doc__)  # type: ignore[assignment]
setattr(Block, "__signature__", _AsFunction(_call_signature, None))  # noqa: B010 - no field of it


@overload
def block(func: Callable[P, R], /) -> Block[P, R]: ...
@overload
def block(
    *,
    name: str | None = None,
    title: str = "",
    effect: Effect | str = Effect.READ,
    version: int = 1,
    examples: Sequence[Example] = (),
    retry: Retry | int | None = None,
    timeout_s: float | None = None,
    cpu: bool = False,
    keyed: bool = False,
    network: bool = False,
    record_key: str | None = None,
) -> Callable[[Callable[P, R]], Block[P, R]]: ...
def block(
    func: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    title: str = "",
    effect: Effect | str = Effect.READ,
    version: int = 1,
    examples: Sequence[Example] = (),
    retry: Retry | int | None = None,
    timeout_s: float | None = None,
    cpu: bool = False,
    keyed: bool = False,
    network: bool = False,
    record_key: str | None = None,
) -> Block[P, R] | Callable[[Callable[P, R]], Block[P, R]]:
    """Make a building block of a function: its annotations become ports, its docstring its help.

    A function of a cell travels with all that it names: imports, helpers, classes, constants. It
    does so when a run is started, as everything is defined then; a run under way keeps its text.

    Args:
        func: The function, when used without brackets.
        name: Another name than the one made from module and function.
        title: Shown to people; made from the function's name if left out.
        effect: What running it does to the world; `read` if left out.
        version: Raise it when ports or meaning change; flows pin it.
        examples: Shown in the palette and checked by the tests.
        retry: How often the body may run in all, with which back-off.
        timeout_s: Limit for one attempt, in seconds.
        cpu: Keeps a core busy: runs in a child process.
        keyed: A `write` that hands on `ctx.idempotency_key`.
        network: Code of your own that may use the network; without this it may not.
        record_key: The input that says which record a `store` block writes; several with `/`
            between them, if it takes more than one to say so.

    Raises:
        BlockInvalid: A type is missing or cannot travel; the message says which.
    """

    def make(func: Callable[P, R]) -> Block[P, R]:
        block_name = name_of(func, name)
        ports = read_ports(func, block_name)
        signature = Signature(
            block=block_name,
            version=version,
            title=title or func.__name__.replace("_", " ").strip().capitalize(),
            help=ports.help,
            effect=Effect(effect),
            keyed=keyed,
            network=network,
            cpu=cpu,
            retry=Retry(attempts=retry) if isinstance(retry, int) else retry or Retry(),
            timeout_s=timeout_s,
            record_key=record_key,
            inputs=ports.inputs,
            outputs=ports.outputs,
        )
        return Block(
            func=func,
            signature=signature,
            examples=tuple(examples),
            wants_context=ports.wants_context,
            is_async=inspect.iscoroutinefunction(func),
            _inputs=ports.input_codecs,
            _outputs=ports.output_codecs,
            _result_kind=ports.result_kind,
        )

    return make if func is None else make(func)


def name_of(func: Callable[..., object], chosen: str | None = None) -> str:
    """`family.function` for functions of our own families, else `module:qualname`.

    A name that somebody chose stands for itself; in a cell it is a name among those of cells.
    """
    module = func.__module__ or "__main__"
    if chosen and (":" in chosen or module not in ("__main__", CELL)):
        return chosen
    if module.startswith(BUILTIN) and module.count(".") == 3:
        return f"{module.split('.')[2]}.{func.__name__}"
    if module == "__main__":  # under the name by which a worker can load it
        module = _name_of_main(func)
    if chosen and module != CELL:
        return chosen
    return f"{module}:{chosen or func.__qualname__}"


def _name_of_main(func: Callable[..., object]) -> str:
    """What a script is imported as; `cell` for what was typed into a notebook or at a prompt."""
    scope, code = scope_of(func), code_of(func)
    spec, file = scope.get("__spec__"), scope.get("__file__")
    text = code.co_filename if code is not None else str(file)
    if text.startswith("<") or (spec is None and not os.path.isfile(text)):
        return CELL
    name = spec.name if spec is not None else os.path.basename(text).removesuffix(".py")
    return str(name)


def policy_of(
    retry: int | Retry | Mapping[str, float] | None,
    timeout_s: float | None,
    approval: bool | Approval | Mapping[str, Any] | None = None,
    *,
    rate: str | Rate | Mapping[str, Any] | None = None,
    cache: Duration | None = None,
    breaker: int | Breaker | Mapping[str, Any] | None = None,
    budget: Budget | Mapping[str, Any] | None = None,
) -> Policy | None:
    """What `with_` says about trouble, as the node carries it."""
    policy = Policy(
        retry=retry_of(retry),
        timeout_s=timeout_s,
        approval=approval_of(approval),
        rate=rate_of(rate),
        cache_s=cache_of(cache),
        breaker=breaker_of(breaker),
        budget=budget_of(budget),
    )
    return None if policy == Policy() else policy


def _source_of(func: Callable[..., object]) -> str | None:
    pinned = scope_of(func).get(SOURCE)
    if isinstance(pinned, str):
        return pinned
    module = sys.modules.get(func.__module__)
    if func.__module__ == "__main__":  # a script, perhaps one that `%run` has run
        return "".join(linecache.getlines(str(scope_of(func).get("__file__")))) or None
    if module is None or getattr(module, "__file__", None) is None:
        return None
    try:
        return inspect.getsource(module)
    except (OSError, TypeError):
        return None
