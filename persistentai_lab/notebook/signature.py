"""What Shift-Tab shows of `flow.run`: the flow's own inputs, not `**inputs`."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, cleandoc, signature
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from ..flow.flow import Flow

M = TypeVar("M", bound=Callable[..., Any])


def shows_inputs(method: M) -> M:
    """Have a method of a flow show, on each flow, the inputs of that flow."""
    return cast(M, _Shown(method))


class _Shown:
    def __init__(self, method: Callable[..., Any]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, flow: "Flow[..., Any] | None", owner: type) -> Callable[..., Any]:
        method = self._method
        if flow is None:
            return method

        @wraps(method)
        def bound(*args: Any, **kwargs: Any) -> Any:
            return method(flow, *args, **kwargs)

        told = signature(method)
        others = [item for item in told.parameters.values() if item.kind is Parameter.KEYWORD_ONLY]
        own = input_parameters(flow)
        taken = {item.name for item in own}
        bound.__signature__ = told.replace(  # type: ignore[attr-defined]
            parameters=[*own, *(item for item in others if item.name not in taken)]
        )
        if flow.doc:
            bound.__doc__ = f"{cleandoc(method.__doc__ or '')}\n\nThe flow:\n{cleandoc(flow.doc)}"
        return bound


def input_parameters(flow: "Flow[..., Any]") -> list[Parameter]:
    """The inputs as parameters: of the function; of a flow from a file, by name only."""
    if flow.func is not None:
        return [*signature(flow.func).parameters.values()]
    return [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=given.default if given.has_default else Parameter.empty,
            annotation=given.type.get("type", Parameter.empty),
        )
        for name, given in flow.spec.inputs.items()
    ]


def by_name(
    flow: "Flow[..., Any]", args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Inputs given in their order, by name. Raises `TypeError`, as any call does."""
    if not args:
        return kwargs
    inputs = input_parameters(flow)
    places = [item.name for item in inputs if item.kind is not Parameter.KEYWORD_ONLY]
    if len(args) > len(places):
        raise TypeError(f"{flow.name}.run() takes {len(places)} inputs by place, not {len(args)}")
    given = dict(zip(places, args, strict=False))
    twice = given.keys() & kwargs.keys()
    if twice:
        raise TypeError(f"{flow.name}.run() got {', '.join(sorted(twice))} twice")
    return {**given, **kwargs}
