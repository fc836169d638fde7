"""`@pai.flow`: a flow that shows itself in a cell and runs on the runtime."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, overload

from ..client import Client, ship_flow
from ..errors import FlowInvalid
from ..flow import flow as plain
from ..ids import Json
from .run import Run
from .runtime import runtime
from .sending import as_inputs, as_json
from .signature import by_name, shows_inputs

if TYPE_CHECKING:
    from ..flow.model import Budget
    from ..widgets.flow import FlowWidget
    from .plan import DrawnPlan

P = ParamSpec("P")
R = TypeVar("R")


Breakpoints = Iterable[str | tuple[str, str]]
"""Nodes before which a run pauses, some with a condition over their inputs."""


class Flow(plain.Flow[P, R]):
    """A flow in a notebook. Evaluate it to see it; `run` it to have it done."""

    @classmethod
    def load(cls, path: str) -> "Flow[..., Any]":
        """Read a flow from a `.flow.json` file.

        Raises:
            FlowInvalid: It is not a flow; says all that is wrong.
        """
        from pathlib import Path

        from ..blocks.registry import catalogue
        from ..flow.codec import loads

        return cls(loads(Path(path).read_text(encoding="utf-8")), catalogue())

    @overload
    def run(self, *args: P.args, **kwargs: P.kwargs) -> Run[R]: ...
    @overload
    def run(self, *, key: str, client: Client | None = None, **inputs: Any) -> Run[R]: ...
    @overload
    def run(self, *, client: Client, key: str | None = None, **inputs: Any) -> Run[R]: ...
    @overload
    def run(
        self,
        *,
        reuse: Run[Any],
        key: str | None = None,
        client: Client | None = None,
        **inputs: Any,
    ) -> Run[R]: ...
    @overload
    def run(
        self,
        *,
        breakpoints: Breakpoints,
        paused: bool = False,
        reuse: Run[Any] | None = None,
        key: str | None = None,
        client: Client | None = None,
        **inputs: Any,
    ) -> Run[R]: ...
    @overload
    def run(
        self,
        *,
        paused: bool,
        reuse: Run[Any] | None = None,
        key: str | None = None,
        client: Client | None = None,
        **inputs: Any,
    ) -> Run[R]: ...
    @overload
    def run(
        self,
        *,
        priority: str | int,
        breakpoints: Breakpoints = (),
        paused: bool = False,
        reuse: Run[Any] | None = None,
        key: str | None = None,
        client: Client | None = None,
        **inputs: Any,
    ) -> Run[R]: ...
    @shows_inputs  # type: ignore[misc]  # a flow's own inputs may be called `key` and `client`, too
    def run(
        self,
        *args: Any,
        client: Client | None = None,
        key: str | None = None,
        reuse: Run[Any] | None = None,
        breakpoints: Breakpoints = (),
        paused: bool = False,
        priority: str | int | None = None,
        **inputs: Any,
    ) -> Any:
        """Start a run on the runtime and return at once; the kernel stays free.

        Args:
            *args: The flow's inputs, in their order,
            **inputs: or by name.
            client: Another runtime than the notebook's own.
            key: The same key again gives the same run, not a second one.
            reuse: An earlier run: what is still the same (block, code, values, all that flows in)
                is taken over from its records, and only the rest runs.
            breakpoints: Nodes before which it pauses, each an id or `(id, condition)`, as
                `("send", "n > 3")`.
            paused: Whether it waits for `run.resume()` or `run.step()`, instead of going on.
            priority: How urgent, among the runs of the workspace: `"high"`, `"normal"`, `"low"`,
                or a number from 1 (goes first) to 1000.

        Raises:
            ConditionInvalid: A breakpoint's condition is none; says why.
            FlowInvalid: It cannot run as drawn, or an input does not fit.
            RuntimeDown: Nothing answers; says how to start it.
        """
        earlier = None if reuse is None else reuse.id
        how = {
            "breakpoints": _by_node(breakpoints), "paused": paused, "priority": priority,
        }  # fmt: skip
        return self._start(by_name(self, args, inputs), client or runtime(), key, earlier, **how)

    def set(self, node: str, /, **values: Any) -> Self:
        """The same flow with other literals at a node; this one stays as it is.

        Args:
            node: Its id; of a node in a flow inside, `outer/inner`.
            **values: Literals, by input port.

        Raises:
            FlowInvalid: There is no such node or port, an edge feeds it, or a value does not fit.
        """
        return self._with({node: as_json(values, node)})

    def widget(self) -> "FlowWidget":
        """Its live view, to stand inside other widgets."""
        from .display import flow_widget

        return flow_widget(self)

    def plan(self, *, strict: bool = False) -> "DrawnPlan":
        """How it would run: what after what, what beside what."""
        from .plan import draw_plan

        return draw_plan(self.spec, strict=strict)

    def _start(
        self,
        inputs: Mapping[str, Any],
        talk: Client,
        key: str | None = None,
        reuse: str | None = None,
        **how: Any,
    ) -> Run[R]:
        from ..blocks.source import stop_if_loading

        stop_if_loading()
        plain, refs = as_inputs(inputs)
        code = ship_flow(self)
        started = talk.start(self.spec, plain, code, refs=refs, key=key, reuse=reuse, **how)
        return Run(started.run_id, client=talk)

    def _with(self, values: Mapping[str, Mapping[str, Json]]) -> Self:
        """A copy with these literals, checked where they stand."""
        from ..flow.codec import canonical
        from ..flow.edit import with_values

        edited = copy(self)
        edited.spec = canonical(with_values(self.spec, values))
        if edited.spec != self.spec:
            edited.func = None  # the function still means the old ones
        problems = [problem for problem in edited.check() if problem.node in values]
        if problems:
            raise FlowInvalid(problems)
        return edited

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from .display import flow_bundle

        return flow_bundle(self)

    def _repr_html_(self) -> str:
        from .picture import as_html, draw, tell

        return as_html(draw(self.spec, self.signatures), tell(self.spec))

    def _repr_svg_(self) -> str:
        """For places that show pictures but no HTML, such as a Git host."""
        from .picture import draw

        return draw(self.spec, self.signatures)


def _by_node(breakpoints: Breakpoints) -> dict[str, str | None]:
    pairs = ((it, None) if isinstance(it, str) else it for it in breakpoints)
    return dict(pairs)


@overload
def flow(func: Callable[P, R], /) -> Flow[P, R]: ...
@overload
def flow(
    *, name: str | None = None, budget: "Budget | Mapping[str, Any] | None" = None
) -> Callable[[Callable[P, R]], Flow[P, R]]: ...
def flow(
    func: Callable[P, R] | None = None,
    /,
    *,
    name: str | None = None,
    budget: "Budget | Mapping[str, Any] | None" = None,
) -> Flow[P, R] | Callable[[Callable[P, R]], Flow[P, R]]:
    """Draw the flow that a function describes: types are ports, calls are nodes.

    Args:
        func: The function, when used without brackets.
        name: A name for people, if the function's own won't do.
        budget: What its nodes may spend together before a person is asked, as `{"tokens": 10_000}`.
    """
    __tracebackhide__ = True

    def draw(func: Callable[P, R]) -> Flow[P, R]:
        __tracebackhide__ = True
        return Flow[P, R].trace(func, name=name, budget=budget)

    return draw if func is None else draw(func)
