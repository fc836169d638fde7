"""Python values on their way to a run: JSON as it is, tables, arrays and images as their bytes."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import FlowInvalid, Problem
from ..flow.model import INPUT
from ..ids import Json

if TYPE_CHECKING:
    from ..flow.payload import Payload

T = TypeVar("T")


def as_json(values: Mapping[str, Any], node: str = INPUT) -> dict[str, Json]:
    """Values by port, all of them JSON. Raises `FlowInvalid`, naming every one that is not."""
    return _each(values, node, _plain)


def as_inputs(values: Mapping[str, Any]) -> "tuple[dict[str, Json], dict[str, Payload]]":
    """A flow's inputs: those that are JSON, and those that travel as their bytes.

    Raises:
        FlowInvalid: Some cannot travel at all; names every one.
    """
    from ..flow.values import is_blob

    blobs = {name for name, value in values.items() if is_blob(value)}
    plain = as_json({name: value for name, value in values.items() if name not in blobs})
    return plain, _each({name: values[name] for name in blobs}, INPUT, _encoded)


def _each(values: Mapping[str, Any], node: str, make: Callable[[Any], T]) -> dict[str, T]:
    from pydantic_core import PydanticSerializationError

    from ..flow.values import BadValue

    made: dict[str, T] = {}
    problems: list[Problem] = []
    for port, value in values.items():
        try:
            made[port] = make(value)
        except (PydanticSerializationError, ValueError, BadValue) as error:
            message = f"A {type(value).__name__} cannot travel ({error})."
            remedy = "Hand over where it is to be found, and let a block read it."
            problems.append(Problem("bad_input", message, remedy, node, port))
    if problems:
        raise FlowInvalid(problems)
    return made


def _plain(value: Any) -> Json:
    from pydantic_core import to_jsonable_python

    plain: Json = to_jsonable_python(value)
    return plain


def _encoded(value: Any) -> "Payload":
    from ..flow.values import encode

    return encode(value, Any)
