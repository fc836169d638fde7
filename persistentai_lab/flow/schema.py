"""Reading JSON Schema: references, alternatives, and what kind of value is meant."""

from ..ids import Json, JsonSchema
from .values.codec import PAI_TYPE

_SHAPES = {
    *("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", PAI_TYPE),
    *("properties", "required", "additionalProperties", "items", "prefixItems"),
}
_FREE_FORMATS = {"path", "file-path", "directory-path", "password", "binary", "base64url"}
"""Formats that any text has."""


class Dangling(Exception):
    """A `$ref` that leads nowhere."""


def resolve(schema: Json, root: JsonSchema) -> Json:
    """Follow references until there is something to read. Raises `Dangling`."""
    for _ in range(100):
        if not isinstance(schema, dict) or "$ref" not in schema:
            return schema
        schema = _follow(str(schema["$ref"]), root)
    raise Dangling("a circle of references")


def _follow(ref: str, root: JsonSchema) -> Json:
    found: Json = root
    if not ref.startswith("#"):
        raise Dangling(ref)
    for part in ref[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            raise Dangling(ref)
        found = found[key]
    return found


def is_any(schema: Json) -> bool:
    """Whether the schema says nothing about its values."""
    if isinstance(schema, dict):
        return not any(key in schema for key in _SHAPES)
    return schema is not False


def choices_of(t: JsonSchema) -> list[Json] | None:
    """The alternatives that a schema lists in one way or another; None if it lists none."""
    if "const" in t:
        return None
    for key in ("anyOf", "oneOf"):
        if key in t:
            return list_at(t, key)
    if "enum" in t:
        return [{"const": value} for value in list_at(t, "enum")]
    kinds = t.get("type")
    if isinstance(kinds, list):
        return [{**t, "type": kind} for kind in kinds]
    return None


def kind_of(schema: JsonSchema) -> str | None:
    """The kind of value (`object`, `array`, `string`, …), as far as it is told."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "additionalProperties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return None


def format_of(schema: JsonSchema) -> Json:
    """The format that a text must have; None if any text will do."""
    wanted = schema.get("format")
    return None if kind_of(schema) != "string" or str(wanted) in _FREE_FORMATS else wanted


def fixed_length(s: JsonSchema) -> int | None:
    """How many items a list has; None if that is open."""
    low, high = s.get("minItems", 0), s.get("maxItems")
    if s.get("items") is False:
        high = len(list_at(s, "prefixItems"))
    return low if isinstance(low, int) and low == high else None


def as_dict(value: Json) -> JsonSchema:
    """The value, if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def list_at(schema: JsonSchema, key: str) -> list[Json]:
    """The list under a key; an empty one if there is none."""
    value = schema.get(key)
    return value if isinstance(value, list) else []
