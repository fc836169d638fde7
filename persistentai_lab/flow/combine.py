"""Types made of types. Definitions of the parts move to where references look for them."""

import json
from collections.abc import Callable, Mapping

from ..ids import Json, JsonSchema
from .schema import Dangling, as_dict, choices_of, kind_of, list_at, resolve

NULL: JsonSchema = {"type": "null"}
_DEFS = "$defs"
_REF = "#/$defs/"


def list_of(types: list[JsonSchema]) -> JsonSchema:
    """A list whose items are of these types."""
    return _combined(types, lambda parts: {"type": "array", "items": plain_any_of(parts)})


def any_of(types: list[JsonSchema]) -> JsonSchema:
    """One of these types."""
    return _combined(types, plain_any_of)


def all_of(types: list[JsonSchema]) -> JsonSchema:
    """Each of these types at once."""
    different = list({json.dumps(kind, sort_keys=True): kind for kind in types if kind}.values())
    if len(different) < 2:
        return different[0] if different else {}
    return _combined(different, lambda parts: {"allOf": list[Json](parts)})


def object_of(fields: Mapping[str, JsonSchema]) -> JsonSchema:
    """An object with just these fields."""
    return _combined(
        list(fields.values()),
        lambda parts: {
            "type": "object",
            "properties": dict(zip(fields, parts, strict=True)),
            "required": list(fields),
        },
    )


def item_of(kind: JsonSchema) -> JsonSchema:
    """The type of a list's items; of anything if nobody knows."""
    try:
        found = as_dict(resolve(kind, kind))
    except Dangling:
        return {}
    fixed = list_at(found, "prefixItems")
    items = found.get("items", {}) if kind_of(found) == "array" else {}
    parts = [as_dict(part) for part in (*fixed, *([items] if isinstance(items, dict) else []))]
    item = plain_any_of(parts)
    return {**item, _DEFS: kind[_DEFS]} if item and _DEFS in kind else item


def without_null(kind: JsonSchema) -> JsonSchema:
    """The type less null, if it is a choice with null in it."""
    choices = choices_of(kind)
    if choices is None:
        return kind
    left = [as_dict(choice) for choice in choices if choice not in (NULL, {"const": None})]
    found = plain_any_of(left) if left else kind
    return {**found, _DEFS: kind[_DEFS]} if found and _DEFS in kind else found


def may_be_null(kind: JsonSchema) -> bool:
    """Whether null is a value of the type."""
    choices = choices_of(kind)
    whole = not kind or kind in (NULL, {"const": None})
    return whole or any(choice in (NULL, {"const": None}, {}) for choice in choices or ())


def _combined(
    types: list[JsonSchema], build: Callable[[list[JsonSchema]], JsonSchema]
) -> JsonSchema:
    definitions: dict[str, Json] = {}
    found = build([_bare(kind, definitions) for kind in types])
    return {_DEFS: definitions, **found} if definitions else found


def _bare(kind: JsonSchema, definitions: dict[str, Json]) -> JsonSchema:
    own = kind.get(_DEFS)
    if not isinstance(own, dict):
        return kind
    names = {name: name for name in own}
    if any(definitions.get(name, own[name]) != own[name] for name in own):
        count = len(definitions)  # another type has this name: all of these get new ones
        names = {name: f"{name}_{count}" for name in own}
    for name, definition in own.items():
        definitions[names[name]] = _renamed(definition, names)
    bare: JsonSchema = {key: part for key, part in kind.items() if key != _DEFS}
    return as_dict(_renamed(bare, names))


def _renamed(schema: Json, names: Mapping[str, str]) -> Json:
    if isinstance(schema, list):
        return [_renamed(item, names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    renamed: JsonSchema = {key: _renamed(part, names) for key, part in schema.items()}
    ref = schema.get("$ref")
    if isinstance(ref, str) and ref.startswith(_REF):
        name = ref.removeprefix(_REF)
        renamed["$ref"] = _REF + names.get(name, name)
    return renamed


def plain_any_of(types: list[JsonSchema]) -> JsonSchema:
    """Any of these types, which have no definitions."""
    # By their text, because to Python `False == 0` and `1 == 1.0`, and types of either differ.
    different = list({json.dumps(kind, sort_keys=True): kind for kind in types}.values())
    if not different or {} in different:
        return {}
    return different[0] if len(different) == 1 else {"anyOf": list[Json](different)}
