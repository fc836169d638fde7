"""Types in a few words, for messages."""

import json
from collections.abc import Iterator

from ..ids import Json, JsonSchema
from .schema import Dangling, as_dict, choices_of, format_of, kind_of, list_at, resolve
from .values.codec import PAI_TYPE


def describe(schema: Json, root: JsonSchema | None = None, *, depth: int = 3) -> str:
    """Say what a type is: `list of {name: string, mass: number}`.

    Args:
        schema: The type.
        root: Where its references are looked up, if not in itself.
        depth: How far to look inside.
    """
    root = as_dict(schema) if root is None else root
    try:
        schema = resolve(schema, root)
    except Dangling as error:
        return f"unknown type {str(error)!r}"
    if not isinstance(schema, dict):
        return "nothing" if schema is False else "anything"
    return next(_words(schema, root, depth), "anything")


def _words(schema: JsonSchema, root: JsonSchema, depth: int) -> Iterator[str]:
    """The ways to say it, best first."""
    kind = kind_of(schema)
    if PAI_TYPE in schema:
        yield str(schema[PAI_TYPE])
    if "const" in schema:
        yield _shown(schema["const"])
    values = list_at(schema, "enum")
    if values:
        yield " or ".join(_shown(value) for value in values[:6])
    choices = choices_of(schema)
    if choices is not None:
        words = dict.fromkeys(describe(choice, root, depth=depth - 1) for choice in choices)
        yield " or ".join(words) or "nothing"
    if depth > 0:
        yield from _parts(schema, root, depth - 1)
    if format_of(schema):
        yield str(schema["format"])
    if kind:
        yield {"array": "list"}.get(kind, kind)


def _parts(schema: JsonSchema, root: JsonSchema, depth: int) -> Iterator[str]:
    fixed = list_at(schema, "prefixItems")
    if fixed:
        yield f"({', '.join(describe(item, root, depth=depth) for item in fixed)})"
    if "items" in schema:
        yield f"list of {describe(schema['items'], root, depth=depth)}"
    named = as_dict(schema.get("properties"))
    shown = [f"{key}: {describe(value, root, depth=depth)}" for key, value in named.items()]
    if shown:
        yield "{" + ", ".join(shown[:5] + ["…"] * (len(shown) > 5)) + "}"
    if isinstance(values := schema.get("additionalProperties"), dict):
        yield f"map of {describe(values, root, depth=depth)}"


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 30 else text[:29] + "…"
