"""A flow with all that belongs to it: the drawn graph, its blocks' signatures, their source."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, ParamSpec, Self, TypeVar, cast, overload

from ..errors import Problem, TraceError
from ..ids import JsonSchema
from .check import check, check_inputs
from .codec import canonical, dumps, flow_hash
from .compat import misfit
from .model import Budget, FlowSpec, Policy, Retry
from .policies import budget_of, retry_of
from .scope import Scope, signature_of
from .signature import Signature
from .source import Source, unshippable
from .to_code import to_code
from .trace import Placing, Recorder, current, declared_outputs, slug, trace

P = ParamSpec("P")
R = TypeVar("R")


class Flow(Generic[P, R]):
    """A drawn flow. Calling it inside another flow places it there as one node."""

    def __init__(
        self,
        spec: FlowSpec,
        signatures: Mapping[str, Signature],
        *,
        sources: Mapping[str, Source] | None = None,
        func: Callable[P, R] | None = None,
        doc: str = "",
        returns: Mapping[str, JsonSchema] | None = None,
    ) -> None:
        self.spec = canonical(spec)
        self.signatures = dict(signatures)
        """Of every block used, here or in a flow inside, by name."""
        self.sources = dict(sources or {})
        """Where the text of each unit of code comes from whose blocks are used."""
        self.func = func
        self.doc = doc
        self._returns = dict(returns or {})
        """What the function says of its outputs."""

    @classmethod
    def trace(
        cls,
        func: Callable[P, R],
        *,
        name: str | None = None,
        budget: Budget | Mapping[str, Any] | None = None,
    ) -> Self:
        """Draw the flow that a function describes. Raises `TraceError`."""
        __tracebackhide__ = True
        limits = {} if budget is None else {"budget": budget_of(budget)}
        spec, recorder = trace(func, name=name)
        spec = spec.model_copy(update=limits)
        return cls(
            spec,
            recorder.signatures,
            sources=recorder.sources,
            func=func,
            doc=func.__doc__ or "",
            returns=declared_outputs(func),
        )

    @property
    def name(self) -> str:
        """The flow's name."""
        return self.spec.name

    @property
    def hash(self) -> str:
        """Hash of what it means; positions don't count."""
        return flow_hash(self.spec)

    def check(self, inputs: Mapping[str, Any] | None = None) -> list[Problem]:
        """Every problem of the flow, and of the inputs of a run if they are given."""
        found = [*check(self.spec, self.signatures), *self._broken_promises()]
        found += unshippable(self.spec, self.signatures, self.sources)
        return found if inputs is None else [*found, *check_inputs(self.spec, inputs)]

    def to_code(self) -> str:
        """The flow as Python."""
        return to_code(self.spec, self.signatures, doc=self.doc)

    def to_json(self) -> str:
        """The flow as the text of a `.flow.json` file."""
        return dumps(self.spec)

    def save(self, path: str | Path) -> Path:
        """Write a `.flow.json` file and return its path."""
        target = Path(path)
        target.write_text(self.to_json(), encoding="utf-8")
        return target

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Place the flow as a node of the flow being drawn; elsewhere, run the Python function."""
        return self._call(Placing(), args, kwargs)

    def with_(
        self,
        *,
        id: str | None = None,
        alias: str | None = None,
        retry: int | Retry | Mapping[str, float] | None = None,
        timeout_s: float | None = None,
        budget: Budget | Mapping[str, Any] | None = None,
    ) -> Callable[P, R]:
        """The same flow with wishes for its node.

        Args:
            id: Id of the node, if the flow's own name won't do.
            alias: Name of the flow inside the outer one, if its own won't do.
            retry: How often it is run in all if a node in it fails, each time anew.
            timeout_s: How long an attempt may take, in seconds, waits for people included. When it
                is over, what runs inside is stopped.
            budget: What its nodes may spend together before a person is asked.
        """
        wished = Policy(retry=retry_of(retry), timeout_s=timeout_s, budget=budget_of(budget))
        policy = None if wished == Policy() else wished
        placing = Placing(node_id=id, alias=alias, policy=policy)
        return lambda *args, **kwargs: self._call(placing, args, kwargs)

    def __repr__(self) -> str:
        count = len(self.spec.nodes)
        return f"<flow {self.name!r}: {count} node{'s' if count != 1 else ''}>"

    def _call(self, placing: Placing, args: Any, kwargs: Any) -> R:
        recorder = current()
        if recorder is not None:
            return cast(R, self._place(recorder, placing, args, kwargs))  # a promise of it
        if self.func is None:
            raise TraceError(
                f"Flow {self.name!r} came from a file; there is no Python to call.",
                remedy="Start a run of it, or call it inside another flow.",
            )
        return self.func(*args, **kwargs)

    def _place(self, recorder: Recorder, placing: Placing, args: Any, kwargs: Any) -> object:
        alias = recorder.take_flow(self.spec, placing.alias)
        signatures = {**recorder.signatures, **self.signatures}
        signature = signature_of(alias, Scope(self.spec), signatures)
        outputs = recorder.place(signature, args, kwargs, placing)
        recorder.signatures.update(self.signatures)
        for unit, source in self.sources.items():
            recorder.take(unit, source)
        return outputs

    def _broken_promises(self) -> Iterator[Problem]:
        """Outputs of another type than the function says; what is of any type may be any."""
        if not self._returns:
            return
        signature = signature_of(slug(self.name), Scope(self.spec), self.signatures)
        for name, declared in self._returns.items():
            port = signature.output(name)
            why = misfit(port.type, declared) if port and port.type else None
            if why:
                ref = self.spec.outputs[name]
                message = f"The output {name!r} is not what the function says: {why}"
                remedy = "Correct the return type of the flow, or return something else."
                yield Problem("type_mismatch", message, remedy, ref.node, ref.port)


@overload
def flow(func: Callable[P, R], /) -> Flow[P, R]: ...
@overload
def flow(
    *, name: str | None = None, budget: Budget | Mapping[str, Any] | None = None
) -> Callable[[Callable[P, R]], Flow[P, R]]: ...
def flow(
    func: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    budget: Budget | Mapping[str, Any] | None = None,
) -> Flow[P, R] | Callable[[Callable[P, R]], Flow[P, R]]:
    """Draw the flow that a function describes: types are ports, calls are nodes.

    Args:
        func: The function, when used without brackets.
        name: A name for people, if the function's own won't do.
        budget: What its nodes may spend together before a person is asked.
    """

    def draw(func: Callable[P, R]) -> Flow[P, R]:
        return Flow.trace(func, name=name, budget=budget)

    return draw if func is None else draw(func)
