"""JSON, by way of Pydantic: models, dataclasses, dates, enums, and all that is built of them."""

from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from ...ids import JsonSchema
from ..payload import JSON, Payload
from ..sketch import SMALL, sketch_json
from .codec import BadValue, name_of, short

_CONFIG = ConfigDict(ser_json_inf_nan="constants", ser_json_bytes="base64", val_json_bytes="base64")


class JsonCodec:
    """Codec of any annotation that Pydantic understands.

    Floats that JSON cannot write travel as `NaN`, `Infinity` and `-Infinity`, as Python's own
    `json` reads and writes them.
    """

    def __init__(self, annotation: object, schema: JsonSchema | None = None) -> None:
        self._annotation = annotation
        try:
            adapter = _adapter(annotation)
            self.schema: JsonSchema = schema or adapter.json_schema()
        except PydanticUserError as error:
            reason = str(error.message).partition(". ")[0].partition("\n")[0]
            raise TypeError(f"{name_of(annotation)} has no JSON form ({reason})") from error
        self._validate = adapter.validator.validate_json
        self._dump = adapter.serializer.to_python

    def encode(self, value: object) -> Payload:
        """Write a value, then read it back strictly: what is stored can be loaded again."""
        try:
            plain = self._plain(value)
            data = to_json(plain)
        except (PydanticSerializationError, TypeError, ValueError) as error:
            raise BadValue(name_of(self._annotation), short(value)) from error
        try:
            self._validate(data, strict=True)
        except ValidationError as error:
            raise _bad_value(self._annotation, error, value) from error
        return Payload(data, sketch=sketch_json(plain) if len(data) > SMALL else None)

    def _plain(self, value: object) -> object:
        """The value in JSON's own types, by what it is: by the annotation, True would become 1."""
        try:
            return to_jsonable_python(
                value, inf_nan_mode="constants", bytes_mode="base64", fallback=_plain_scalar
            )
        except (PydanticSerializationError, TypeError):  # a class that only its annotation knows
            return self._dump(value, mode="json", by_alias=True, warnings=False)

    def decode(self, payload: Payload) -> object:
        """Read and validate a value."""
        if payload.media_type != JSON:
            raise BadValue(name_of(self._annotation), payload.media_type)
        try:
            return self._validate(bytes(payload.data))
        except ValidationError as error:
            raise _bad_value(self._annotation, error, None) from error


def _adapter(annotation: Any) -> TypeAdapter[object]:
    try:
        return TypeAdapter(annotation, config=_CONFIG)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        return TypeAdapter(annotation)  # models and dataclasses bring their own


def _plain_scalar(value: object) -> object:
    """Unwrap what numpy calls a scalar (`float32(1.5)` → `1.5`); anything else is not JSON."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        return item()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _bad_value(annotation: object, error: ValidationError, value: object) -> BadValue:
    first = error.errors(include_url=False)[0]
    place = "".join(f"[{part!r}]" for part in first["loc"])
    actual = short(value if value is not None and not place else first["input"])
    reason = first["msg"][0].lower() + first["msg"][1:]
    return BadValue(name_of(annotation), f"{actual}{' at ' + place if place else ''} ({reason})")
