"""`pai.when` and `pai.switch`: one of several flows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, overload

from ..blocks.control.switch import switch as switch_block
from ..blocks.control.when import when as when_block
from ..errors import NodeError
from ..flow.control.kinds import CASE
from ..flow.control.same import same_value
from ..flow.trace import Recorder, current
from .bodies import AnyFunction
from .control import Control

T = TypeVar("T")
U = TypeVar("U")


class _Branches(Control):
    """One of several flows, all called with the same values."""

    def _place_branches(
        self,
        recorder: Recorder,
        branches: Mapping[str, AnyFunction],
        own: Mapping[str, object],
        args: tuple[object, ...],
        named: Mapping[str, object],
    ) -> Any:
        positional = [
            (f"value_{number}", recorder.type_of(value)) for number, value in enumerate(args, 1)
        ]
        bodies = {
            role: self._body(recorder, role, func, positional, named)
            for role, func in branches.items()
        }
        shared = [*(body.given(args) for body in bodies.values()), named]
        return self._place(recorder, bodies, own, shared)


class When(_Branches):
    """`pai.when(condition, then, otherwise, …)`: one of two flows, with the same inputs."""

    block = when_block

    @overload
    def __call__(self, condition: bool, then: Callable[..., T], /, **named: Any) -> T | None: ...
    @overload
    def __call__(
        self, condition: bool, then: Callable[..., T], otherwise: None, /, *args: Any, **named: Any
    ) -> T | None: ...
    @overload
    def __call__(
        self,
        condition: bool,
        then: Callable[..., T],
        otherwise: Callable[..., U],
        /,
        *args: Any,
        **named: Any,
    ) -> T | U: ...
    def __call__(
        self, condition: bool, then: AnyFunction, otherwise: Any = None, /, *args: Any, **named: Any
    ) -> Any:
        """Run `then` if the condition holds, else `otherwise` (or nothing: the result is null).

        Args:
            condition: True or false.
            then: A flow, a block, or a function that calls some.
            otherwise: The same, or None.
            *args: What the branch is called with,
            **named: or by name.
        """
        __tracebackhide__ = True
        recorder = current()
        if recorder is None:
            chosen = then if condition else otherwise
            return None if chosen is None else chosen(*args, **named)
        branches = {"then": then} | ({} if otherwise is None else {"otherwise": otherwise})
        return self._place_branches(recorder, branches, {"condition": condition}, args, named)


class Switch(_Branches):
    """`pai.switch(value, {case: f, …}, otherwise=g)`: the flow of the case that equals a value."""

    block = switch_block

    def __call__(
        self,
        value: object,
        cases: Mapping[Any, Callable[..., T]] | Sequence[tuple[Any, Callable[..., T]]],
        /,
        *args: Any,
        otherwise: Callable[..., T] | None = None,
        **named: Any,
    ) -> T:
        """Run the flow of the case that equals the value.

        Args:
            value: What is compared.
            cases: Flows by the values for which they run; as pairs, where a dict can't have them
                as keys.
            *args: What the branch is called with,
            otherwise: What runs if no case equals it; without it, the node fails.
            **named: or by name.
        """
        __tracebackhide__ = True
        pairs = list(cases.items()) if isinstance(cases, Mapping) else list(cases)
        recorder = current()
        if recorder is None:
            return _chosen(value, pairs, otherwise)(*args, **named)
        branches = {f"{CASE}{number}": f for number, (_, f) in enumerate(pairs, 1)}
        if otherwise is not None:
            branches["otherwise"] = otherwise
        own = {"value": value, "cases": [case for case, _ in pairs]}
        found: T = self._place_branches(recorder, branches, own, args, named)
        return found


def _chosen(
    value: object,
    cases: Sequence[tuple[Any, Callable[..., T]]],
    otherwise: Callable[..., T] | None,
) -> Callable[..., T]:
    found = next((f for case, f in cases if same_value(case, value)), otherwise)
    if found is None:
        raise NodeError(f"No case is {value!r}.", remedy="Add it, or give `otherwise`.")
    return found


when = When()
switch = Switch()
