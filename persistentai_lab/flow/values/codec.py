"""What every codec offers, and what it raises."""

import json
from dataclasses import dataclass
from typing import Protocol

from ...ids import JsonSchema
from ..payload import Payload

PAI_TYPE = "x-pai-type"
"""Key of a port's schema that names a codec other than JSON."""


class BadValue(Exception):
    """A value is not what its annotation says. A block turns it into `WrongType`, with the port."""

    def __init__(self, expected: str, actual: str) -> None:
        self.expected = expected
        self.actual = actual
        super().__init__(f"expected {expected}, got {actual}")


class Codec(Protocol):
    """Turns values of one annotation into payloads and back."""

    @property
    def schema(self) -> JsonSchema:
        """The annotation as seen from outside."""
        ...

    def encode(self, value: object) -> Payload:
        """Write a value. Raises `BadValue` if it is not of the annotated type."""
        ...

    def decode(self, payload: Payload) -> object:
        """Read a value. Raises `BadValue` if the payload does not fit the annotation."""
        ...


@dataclass(frozen=True, eq=False)
class JsonType:
    """Types that Python cannot name, written as they are: `Annotated[Any, JsonType({...})]`."""

    schema: JsonSchema

    def __eq__(self, other: object) -> bool:
        """By its text: to Python, `True` is 1."""
        return isinstance(other, JsonType) and self._text == other._text

    def __hash__(self) -> int:
        """So that Python can make a union of it: `Table | None`."""
        return hash(self._text)

    @property
    def _text(self) -> str:
        return json.dumps(self.schema, sort_keys=True)


def name_of(annotation: object) -> str:
    """The annotation as a person would write it."""
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def short(value: object, limit: int = 80) -> str:
    """A value for an error message: its type and the beginning of its repr."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= limit else text[: limit - 1] + '…'}"
