"""The one way from a value of unknown type to a typed port."""

from typing import Annotated, Any

from persistentai_lab.blocks import Example, block
from persistentai_lab.errors import NodeError, WrongType
from persistentai_lab.flow.checker import jsonschema
from persistentai_lab.flow.follow import TypeIn, type_named


@block(
    title="Cast",
    effect="pure",
    examples=(
        Example(inputs={"value": 3, "to": "integer"}, output=3),
        Example(
            inputs={"value": [{"n": 1}], "to": {"type": "array", "items": {"type": "object"}}},
            output=[{"n": 1}],
        ),
    ),
)
def cast(value: Any, to: str | dict[str, Any]) -> Annotated[Any, TypeIn("to")]:
    """Promise that a value has a type, and have the promise checked when it arrives.

    A port of type `Any` fits no typed input: cast it first. The value itself is never changed:
    the text "3" is no integer.

    Args:
        value: Any JSON value.
        to: The type: a word of JSON Schema (string, number, integer, boolean, array, object, null)
            or a whole JSON Schema. It is also the type of the output, so it must be a literal.

    Returns:
        The value, unchanged, with the promised type.

    Raises:
        WrongType: The value doesn't have the type. Not retryable.
    """
    library = jsonschema()
    schema = type_named(to)
    try:
        library.Draft202012Validator.check_schema(schema)
    except library.SchemaError as problem:
        raise NodeError(
            f"{to!r} is no type: {problem.message}.",
            remedy="Use a word such as 'integer', or a JSON Schema.",
        ) from None
    misfit = next(library.Draft202012Validator(schema).iter_errors(value), None)
    if misfit is not None:
        place = "".join(f"[{step!r}]" for step in misfit.absolute_path)
        raise WrongType(
            f"The value{' at ' + place if place else ''} is not what was promised: "
            f"{_short(misfit.message)}.",
            remedy="Change `to`, or convert the value in a block before it.",
        )
    return value


def _short(text: str, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
