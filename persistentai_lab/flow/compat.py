"""Does a value of one type fit an input of another? Decided by structure, as TypeScript does.

An object fits if it has every field that is asked for (more is fine), a list by its items, a union
if each of its members fits. Ranges, lengths and patterns belong to values, not to structure: they
are checked when the value arrives.

Transitive unless the type in the middle forgets a field: `{x, y}` fits `{x}`, and `{x}` fits what may
have a `y` of another type. Nothing breaks by it, because each port validates anew.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..ids import Json, JsonSchema
from .values.codec import PAI_TYPE

_SHAPES = ("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "properties", "items")
_SHAPES += ("prefixItems", "additionalProperties", "required", PAI_TYPE)
_FREE_FORMATS = {"path", "file-path", "directory-path", "password", "binary", "base64url"}
"""Formats that any text has."""


class _Dangling(Exception):
    """A `$ref` that leads nowhere."""


def misfit(source: JsonSchema, target: JsonSchema) -> str | None:
    """Say in one sentence why `source` does not fit `target`; None if it fits.

    Args:
        source: Type of an output.
        target: Type of the input that it feeds.
    """
    if source == target:
        return None
    try:
        return _Comparison(source, target).why(source, target, "")
    except _Dangling as error:
        return f"The type refers to {str(error)!r}, which it does not define."
    except RecursionError:
        return "The type is nested too deeply to be compared."


def describe(schema: Json, root: JsonSchema | None = None) -> str:
    """A type in a few words, for messages: `list of {name: string, mass: number}`."""
    return _describe(schema, root if root is not None else _as_dict(schema), 3)


@dataclass(slots=True)
class _Comparison:
    source_root: JsonSchema
    target_root: JsonSchema
    assumed: set[tuple[int, int]] = field(default_factory=set)
    """Pairs being compared further up: recursive types fit if nothing speaks against it."""
    kept: list[object] = field(default_factory=list)
    """Schemas made on the way, kept so that their `id` stays theirs."""

    def why(self, source: Json, target: Json, at: str) -> str | None:
        s, t = _resolve(source, self.source_root), _resolve(target, self.target_root)
        pair = id(s), id(t)
        if pair in self.assumed or s is False or self._takes_anything(t):
            return None
        if t is False:
            return _sentence(at, "nothing is accepted here")
        if _is_any(s):
            wanted = _describe(t, self.target_root, 2)
            return _sentence(at, f"it can be anything, {wanted} is expected; convert it with the "
                                 "block `values.cast`")  # fmt: skip
        self.assumed.add(pair)
        try:
            return self._compare(_as_dict(s), _as_dict(t), at)
        finally:
            self.assumed.discard(pair)

    def _takes_anything(self, t: Json, depth: int = 10) -> bool:
        if _is_any(t):
            return True
        choices = [_resolve(c, self.target_root) for c in _choices(_as_dict(t)) or ()]
        return depth > 0 and any(self._takes_anything(c, depth - 1) for c in choices)

    def _compare(self, s: JsonSchema, t: JsonSchema, at: str) -> str | None:
        members = _members(s, split_bool="const" in t or _choices(t) is not None)
        if members is not None:
            self.kept.append(members)
            return next((why for m in members if (why := self.why(m, t, at))), None)
        wholes = _list(s, "allOf")
        if wholes:
            reasons = [self.why(part, t, at) for part in wholes]
            return None if None in reasons else reasons[0]
        parts = _list(t, "allOf")
        if parts:
            return next((why for part in parts if (why := self.why(s, part, at))), None)
        choices = _choices(t)
        if choices is not None:
            self.kept.append(choices)
            return self._any_of(s, choices, t, at)
        if "const" in s and not isinstance(s["const"], dict | list):
            return self._value(s["const"], t, at)
        if "const" in s:
            opened = _open_const(s["const"])
            self.kept.append(opened)
            return self._shape(opened, t, at)
        return self._shape(s, t, at)

    def _any_of(self, s: JsonSchema, choices: list[Json], t: JsonSchema, at: str) -> str | None:
        reasons = [self.why(s, choice, at) for choice in choices]
        if None in reasons:
            return None
        if len(reasons) == 1:
            return reasons[0]
        return self._clash(s, t, at)

    def _value(self, value: Json, t: JsonSchema, at: str) -> str | None:
        if "const" in t:
            same = _same(value, t["const"])
        else:
            same = _has_type(value, _type(t)) and not _strict_format(t) and PAI_TYPE not in t
        return None if same else self._clash({"const": value}, t, at)

    def _shape(self, s: JsonSchema, t: JsonSchema, at: str) -> str | None:
        kind, wanted = _type(s), _type(t)
        if PAI_TYPE in s or PAI_TYPE in t:
            return None if s.get(PAI_TYPE) == t.get(PAI_TYPE) else self._clash(s, t, at)
        if "const" in t and "const" not in s and not isinstance(t["const"], dict | list):
            return self._clash(s, t, at)
        if "const" in t:
            fits = "const" in s and _same(s["const"], t["const"])
            return None if fits else self._clash(s, t, at)
        if kind != wanted and (kind, wanted) != ("integer", "number"):
            return self._clash(s, t, at)
        if kind == "object":
            return self._object(s, t, at)
        if kind == "array":
            return self._array(s, t, at)
        needed = _strict_format(t)
        return self._clash(s, t, at) if needed and needed != s.get("format") else None

    def _object(self, s: JsonSchema, t: JsonSchema, at: str) -> str | None:
        has, asks = _as_dict(s.get("properties")), _as_dict(t.get("properties"))
        sure, others = set(_list(s, "required")), _others(s)
        for name in _list(t, "required"):
            if name not in sure:
                may = "may lack" if name in has or others is not False else "lacks"
                return _sentence(at, f"it {may} the field {str(name)!r}")
        rest: Json = t.get("additionalProperties", True)
        for name, kind in has.items():
            if name in asks:
                why = self.why(kind, asks[name], _field(at, name))
            elif rest is False:
                why = _sentence(at, f"the field {name!r} is not accepted")
            else:
                why = self.why(kind, rest, _field(at, name))
            if why:
                return why
        if others is False:
            return None
        if rest is False:
            return _sentence(at, "it may have fields that are not accepted")
        for name, kind in asks.items():
            if name not in has and (why := self.why(others, kind, _field(at, name))):
                return why
        return self.why(others, rest, _field(at, "*"))

    def _array(self, s: JsonSchema, t: JsonSchema, at: str) -> str | None:
        fixed, wanted = _list(s, "prefixItems"), _list(t, "prefixItems")
        if wanted and (len(fixed) != len(wanted) or _length(s) != len(fixed)):
            return self._clash(s, t, at)
        if wanted:
            pairs = list(zip(fixed, wanted, strict=True))
        else:
            items: Json = t.get("items", True)
            pairs = [(item, items) for item in fixed]
            if _length(s) is None or not fixed:
                pairs.append((s.get("items", True if _length(s) != 0 else False), items))
        return next((why for one, other in pairs if (why := self.why(one, other, f"{at}[]"))), None)

    def _clash(self, s: JsonSchema, t: JsonSchema, at: str) -> str:
        one, other = _describe(s, self.source_root, 3), _describe(t, self.target_root, 3)
        return _sentence(at, f"{one} does not fit {other}")


def _resolve(schema: Json, root: JsonSchema) -> Json:
    for _ in range(100):
        if not isinstance(schema, dict) or "$ref" not in schema:
            return schema
        schema = _follow(str(schema["$ref"]), root)
    raise _Dangling("a circle of references")


def _follow(ref: str, root: JsonSchema) -> Json:
    found: Json = root
    if not ref.startswith("#"):
        raise _Dangling(ref)
    for part in ref[1:].split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            raise _Dangling(ref)
        found = found[key]
    return found


def _is_any(schema: Json) -> bool:
    if isinstance(schema, dict):
        return not any(key in schema for key in _SHAPES)
    return schema is not False


def _members(s: JsonSchema, *, split_bool: bool) -> list[Json] | None:
    """The alternatives of a source type; None if it is not a union."""
    if s.get("type") == "boolean" and split_bool and "const" not in s and "enum" not in s:
        return [{"const": False}, {"const": True}]
    return _choices(s)


def _choices(t: JsonSchema) -> list[Json] | None:
    if "const" in t:
        return None
    for key in ("anyOf", "oneOf"):
        if key in t:
            return _list(t, key)
    if "enum" in t:
        return [{"const": value} for value in _list(t, "enum")]
    kinds = t.get("type")
    if isinstance(kinds, list):
        return [{**t, "type": kind} for kind in kinds]
    return None


def _open_const(value: Json) -> JsonSchema:
    if isinstance(value, dict):
        fields: dict[str, Json] = {key: {"const": item} for key, item in value.items()}
        return {"type": "object", "properties": fields, "required": list(fields), "const": value}
    items: list[Json] = [{"const": item} for item in value] if isinstance(value, list) else []
    size = len(items)
    return {
        "type": "array", "prefixItems": items, "minItems": size, "maxItems": size, "const": value,
    }  # fmt: skip


def _type(schema: JsonSchema) -> str | None:
    kind = schema.get("type")
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "additionalProperties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return None


def _has_type(value: Json, kind: str | None) -> bool:
    match value:
        case None:
            return kind == "null"
        case bool():
            return kind == "boolean"
        case int():
            return kind in ("integer", "number")
        case float():
            return kind == "number" or (kind == "integer" and value.is_integer())
        case str():
            return kind == "string"
    return False


def _same(one: Json, other: Json) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


def _strict_format(schema: JsonSchema) -> Json:
    wanted = schema.get("format")
    return None if _type(schema) != "string" or wanted in _FREE_FORMATS else wanted


def _others(s: JsonSchema) -> Json:
    """Type of the fields that a source does not name; False if it has none.

    Whoever lists its fields has just those: that is how models are written.
    """
    return s.get("additionalProperties", "properties" not in s)


def _length(s: JsonSchema) -> int | None:
    low, high = s.get("minItems", 0), s.get("maxItems")
    if s.get("items") is False:
        high = len(_list(s, "prefixItems"))
    return low if isinstance(low, int) and low == high else None


def _as_dict(value: Json) -> JsonSchema:
    return value if isinstance(value, dict) else {}


def _list(schema: JsonSchema, key: str) -> list[Json]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _field(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _sentence(at: str, what: str) -> str:
    text = f"in {at!r} {what}" if at else what
    return f"{text[0].upper()}{text[1:]}."


def _describe(schema: Json, root: JsonSchema, depth: int) -> str:
    try:
        schema = _resolve(schema, root)
    except _Dangling as error:
        return f"unknown type {str(error)!r}"
    if not isinstance(schema, dict):
        return "nothing" if schema is False else "anything"
    return next(_described(schema, root, depth), "anything")


def _described(schema: JsonSchema, root: JsonSchema, depth: int) -> Iterator[str]:
    if PAI_TYPE in schema:
        yield str(schema[PAI_TYPE])
    if "const" in schema:
        yield _shown(schema["const"])
    if _list(schema, "enum"):
        yield " or ".join(_shown(value) for value in _list(schema, "enum")[:6])
    choices = _choices(schema)
    if choices is not None:
        words = dict.fromkeys(_describe(choice, root, depth - 1) for choice in choices)
        yield " or ".join(words) or "nothing"
    kind = _type(schema)
    if kind == "array" and depth > 0:
        fixed = _list(schema, "prefixItems")
        if fixed:
            yield f"({', '.join(_describe(item, root, depth - 1) for item in fixed)})"
        if "items" in schema:
            yield f"list of {_describe(schema['items'], root, depth - 1)}"
    if kind == "object" and depth > 0:
        named = _as_dict(schema.get("properties"))
        shown = [f"{key}: {_describe(value, root, depth - 1)}" for key, value in named.items()]
        if shown:
            yield "{" + ", ".join(shown[:5] + ["…"] * (len(shown) > 5)) + "}"
    if kind == "string" and _strict_format(schema):
        yield str(schema["format"])
    if kind is not None:
        yield {"array": "list"}.get(kind, kind)


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 30 else text[:29] + "…"
