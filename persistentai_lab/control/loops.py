"""`pai.reduce` and `pai.repeat`: a flow on its own result."""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Literal, TypeVar

from ..blocks.control.reduce import reduce as reduce_block
from ..blocks.control.repeat import repeat as repeat_block
from ..errors import NodeError
from ..flow.combine import item_of
from ..flow.compat import misfit
from ..flow.control.outside import value_type
from ..flow.trace import Recorder, current
from ..ids import JsonSchema
from .bodies import Body
from .control import Control

S = TypeVar("S")
T = TypeVar("T")


class _Loop(Control):
    """A flow that is run on what it gave before."""

    def _on_itself(
        self,
        recorder: Recorder,
        f: Callable[..., Any],
        start: object,
        others: list[tuple[str, JsonSchema]],
        named: Mapping[str, object],
    ) -> tuple[Body, JsonSchema]:
        """Draw the body, and say of which type the state is.

        That of what it begins with; where the body gives something wider (a number, of an integer),
        that of what the body gives.
        """
        kind = recorder.type_of(start)
        body = self._body(recorder, "body", f, [("state", kind), *others], named)
        given = value_type(body.outside("body"))
        if misfit(given, kind) and misfit(kind, given) is None:
            kind = given
            body = self._body(recorder, "body", f, [("state", kind), *others], named)
        return body, kind


class Reduce(_Loop):
    """`pai.reduce(items, f, start)`: fold a list, in order: `f(so_far, item)`."""

    block = reduce_block

    def __call__(
        self,
        items: list[T],
        f: Callable[[S, T], S] | Callable[Concatenate[S, T, ...], S],
        start: S,
        /,
        **shared: Any,
    ) -> S:
        """Fold a list to one value.

        Args:
            items: A list.
            f: A flow, a block, or a function that calls some. Its first input gets what there is so
                far, its second the item.
            start: What there is before the first item.
            **shared: Goes to `f` by name.
        """
        __tracebackhide__ = True
        recorder = current()
        if recorder is None:
            for item in items:
                start = f(start, item, **shared)
            return start
        kind = item_of(recorder.type_of(items))
        body, _ = self._on_itself(recorder, f, start, [("item", kind)], shared)
        into, item_name = self._name("into", body, 0), self._name("item", body, 1)
        values = {"items": items, "start": start, "into": into, "item": item_name}
        given = [body.given((), (into, item_name)), shared]
        return self._place(recorder, {"body": body}, values, given)  # type: ignore[return-value]


class Repeat(_Loop):
    """`pai.repeat(f, start, until=g, at_most=n)`: again and again, until a test holds."""

    block = repeat_block

    def __call__(
        self,
        f: Callable[[S], S] | Callable[Concatenate[S, ...], S],
        start: S,
        /,
        *,
        at_most: int,
        until: Callable[[S], bool] | Callable[Concatenate[S, ...], bool] | None = None,
        on_limit: Literal["fail", "keep"] | None = None,
        **shared: Any,
    ) -> S:
        """Run `f` on its own result.

        Args:
            f: A flow, a block, or a function that calls some; its first input gets the result of
                the round before.
            start: What the first round begins with.
            at_most: The most rounds there may be: no loop is without end.
            until: Tests the result of each round; without it there are `at_most` rounds.
            on_limit: When the test has never held: `fail` (if left out), or `keep` the result.
            **shared: Goes to `f` and `until`, by name.
        """
        __tracebackhide__ = True
        recorder = current()
        if recorder is None:
            return _in_python(f, start, at_most, until, on_limit, shared)
        body, kind = self._on_itself(recorder, f, start, [], shared)
        state = [("state", kind)]
        into = self._name("into", body, 0)
        bodies = {"body": body}
        values: dict[str, Any] = {"start": start, "at_most": at_most, "into": into}
        given = [body.given((), (into,)), shared]
        if until is not None:
            bodies["until"] = self._body(recorder, "until", until, state, shared)
            values["test"] = self._name("test", bodies["until"], 0)
            given.append(bodies["until"].given((), (values["test"],)))
        if on_limit is not None:
            values["on_limit"] = on_limit
        return self._place(recorder, bodies, values, given)  # type: ignore[return-value]


def _in_python(
    f: Callable[..., S],
    state: S,
    at_most: int,
    until: Callable[..., bool] | None,
    on_limit: str | None,
    shared: dict[str, Any],
) -> S:
    for _ in range(at_most):
        state = f(state, **shared)
        if until is not None and until(state, **shared):
            return state
    if until is not None and on_limit != "keep":
        raise NodeError(f"The test has not held after {at_most} rounds.", remedy="Raise `at_most`.")
    return state


reduce = Reduce()
repeat = Repeat()
