"""`pai.attempt`: a flow that may fail, while the run goes on."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, overload

from ..blocks.control.attempt import attempt as block
from ..flow.control.failure import Failure, failure_type
from ..flow.trace import current
from .control import Control
from .failures import told

T = TypeVar("T")
U = TypeVar("U")


class Tried(NamedTuple):
    """What came of an attempt without a handler: one of the two is null."""

    result: Any
    error: Failure | None


class Attempt(Control):
    """`pai.attempt(f, …, otherwise=handler)`: an error is an edge, not the end of the run."""

    block = block

    @overload
    def __call__(
        self,
        f: Callable[..., T],
        /,
        *args: Any,
        otherwise: Callable[..., U],
        **named: Any,
    ) -> T | U: ...
    @overload
    def __call__(self, f: Callable[..., T], /, *args: Any, **named: Any) -> Tried: ...
    def __call__(
        self,
        f: Callable[..., Any],
        /,
        *args: Any,
        otherwise: Callable[..., Any] | None = None,
        **named: Any,
    ) -> Any:
        """Run `f`; if it fails, run `otherwise` on the error.

        Args:
            f: A flow, a block, or a function that calls some.
            *args: What it is called with.
            otherwise: The same; its first input gets the error (`pai.Failure`). Without it, the
                outputs are those of `f` and `error`, of which one is null.
            **named: Goes to `f` and `otherwise`, by name.
        """
        __tracebackhide__ = True
        recorder = current()
        if recorder is None:
            return _in_python(f, args, otherwise, named)
        positional = [
            (f"value_{number}", recorder.type_of(value)) for number, value in enumerate(args, 1)
        ]
        bodies = {"body": self._body(recorder, "body", f, positional, named)}
        given = [bodies["body"].given(args), named]
        values: dict[str, object] = {}
        if otherwise is not None:
            failure = [("error", failure_type())]
            handler = self._body(recorder, "handler", otherwise, failure, named)
            values["error"] = self._name("error", handler, 0)
            bodies["handler"] = handler
            given.append(handler.given((), (str(values["error"]),)))
        return self._place(recorder, bodies, values, given)


def _in_python(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    otherwise: Callable[..., Any] | None,
    named: dict[str, Any],
) -> Any:
    try:
        result = f(*args, **named)
    except Exception as error:  # noqa: BLE001 - a body may raise anything
        failure = told(error, "attempt")
        return Tried(None, failure) if otherwise is None else otherwise(failure, **named)
    return Tried(result, None) if otherwise is None else result


attempt = Attempt()
