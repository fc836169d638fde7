"""Which codec an annotation asks for."""

import sys
import types
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Annotated, Any, Union, cast, get_args, get_origin

from ...ids import JsonSchema
from ..payload import JSON, Payload
from . import array, binary, image, table
from .codec import PAI_TYPE, BadValue, Codec, JsonType, name_of
from .json_value import JsonCodec

_CLASSES: tuple[tuple[str, str, Callable[[], Codec]], ...] = (
    # module and class of the values, codec
    ("pandas", "DataFrame", partial(table.TableCodec, "pandas")),
    ("polars", "DataFrame", partial(table.TableCodec, "polars")),
    ("numpy", "ndarray", array.ArrayCodec),
    ("PIL.Image", "Image", image.ImageCodec),
    ("builtins", "bytes", binary.BinaryCodec),
)
_NAMED: dict[str, tuple[str, Callable[[], Codec]]] = {
    # x-pai-type: media type, codec
    "table": (table.MEDIA_TYPE, table.TableCodec),
    "array": (array.MEDIA_TYPE, array.ArrayCodec),
    "image": (image.MEDIA_TYPE, image.ImageCodec),
    "bytes": (binary.MEDIA_TYPE, binary.BinaryCodec),
}
_BY_MEDIA_TYPE = dict(_NAMED.values())


def codec_for(annotation: object) -> Codec:
    """Find or make the codec of an annotation. Raises `TypeError` for one that cannot travel."""
    try:
        return _codec_for(annotation, repr(annotation))
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        return _make(annotation)


def schema_of(annotation: object) -> JsonSchema:
    """The annotation as JSON Schema, as ports carry it."""
    return codec_for(annotation).schema


def is_blob(value: object) -> bool:
    """Whether a value travels as its bytes rather than as JSON. Imports nothing."""
    return any(
        isinstance(value, kind)
        for module, name, _ in _CLASSES
        if (kind := getattr(sys.modules.get(module), name, None)) is not None
    )


def schema_of_media(media_type: str) -> JsonSchema | None:
    """The schema of what travels under a media type; None if no codec of ours makes it."""
    make = _BY_MEDIA_TYPE.get(media_type)
    return make().schema if make else None


def encode(value: object, annotation: object) -> Payload:
    """Write a value of the annotated type."""
    return codec_for(annotation).encode(value)


def decode(payload: Payload, annotation: object) -> object:
    """Read a value of the annotated type."""
    return codec_for(annotation).decode(payload)


def _make(annotation: object) -> Codec:
    blob = _blob_codec(annotation)
    if blob is not None:
        return blob
    bare, schema = _unwrap(annotation)
    if bare is Any or bare is object:
        if schema is None and bare is not annotation:  # other notes may say something, too
            schema = JsonCodec(annotation).schema
        return AnyCodec(schema or {})
    if get_origin(bare) in (Union, types.UnionType):
        members = get_args(bare)
        if any(map(_blob_codec, members)):
            return UnionCodec(bare, members)
    _refuse_nested_blobs(bare)
    return JsonCodec(annotation, schema)


@lru_cache(maxsize=2048, typed=True)
def _codec_for(annotation: object, _text: str) -> Codec:
    """By its text, too: to Python, `int | str` and `str | int` are equal, but not to a port."""
    return _make(annotation)


def _unwrap(annotation: object) -> tuple[object, JsonSchema | None]:
    """Strip `Annotated`, looking for a type given as JSON Schema."""
    if get_origin(annotation) is not Annotated:
        return annotation, None
    bare, *notes = get_args(annotation)
    schema = next((note.schema for note in notes if isinstance(note, JsonType)), None)
    return bare, schema


def _blob_codec(annotation: object) -> Codec | None:
    """The codec of a class of blobs. Imports nothing: whoever names a class has imported it."""
    bare, schema = _unwrap(annotation)
    if schema is not None and len(schema) == 1 and PAI_TYPE in schema:
        return _codec_named(str(schema[PAI_TYPE]))
    kind = get_origin(bare) or bare
    for module, name, make in _CLASSES:
        if kind is getattr(sys.modules.get(module), name, _blob_codec):
            return make()
    return None


def _codec_named(pai_type: str) -> Codec:
    if pai_type not in _NAMED:
        raise TypeError(f"there is no codec for {pai_type!r}")
    return _NAMED[pai_type][1]()


def _refuse_nested_blobs(annotation: object) -> None:
    for part in get_args(annotation):
        bare, _ = _unwrap(part)
        if bare is not bytes and (inner := _blob_codec(part)) is not None:
            name = f"a {inner.schema[PAI_TYPE]}" if bare is Any else name_of(bare)
            raise TypeError(
                f"{name} cannot travel inside {name_of(annotation)}: give it a port of its own"
            )
        _refuse_nested_blobs(bare)


class AnyCodec:
    """Codec of `Any`: every value as what it is."""

    def __init__(self, schema: JsonSchema) -> None:
        self.schema = schema
        self._json = JsonCodec(Any, schema)

    def encode(self, value: object) -> Payload:
        """Write a blob as its own kind, everything else as JSON."""
        for module, name, make in _CLASSES:
            kind = getattr(sys.modules.get(module), name, None)
            if kind is not None and isinstance(value, kind):
                return make().encode(value)
        return self._json.encode(value)

    def decode(self, payload: Payload) -> object:
        """Read by media type."""
        if payload.media_type == JSON:
            return self._json.decode(payload)
        if payload.media_type not in _BY_MEDIA_TYPE:
            raise BadValue("a known media type", payload.media_type)
        return _BY_MEDIA_TYPE[payload.media_type]().decode(payload)


class UnionCodec:
    """Codec of a union with a blob in it, such as `DataFrame | None`."""

    def __init__(self, annotation: object, members: tuple[object, ...]) -> None:
        self._annotation = annotation
        self._members = [codec_for(member) for member in members]
        schemas = [member.schema for member in self._members]
        self.schema: JsonSchema = {"anyOf": cast("list[Any]", schemas)}

    def encode(self, value: object) -> Payload:
        """Write as the first member that takes the value."""
        for member in self._members:
            try:
                return member.encode(value)
            except BadValue:
                continue
        raise BadValue(name_of(self._annotation), type(value).__name__)

    def decode(self, payload: Payload) -> object:
        """Read as the first member that takes the payload."""
        for member in self._members:
            try:
                return member.decode(payload)
            except BadValue:
                continue
        raise BadValue(name_of(self._annotation), payload.media_type)
