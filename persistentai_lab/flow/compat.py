"""Does a value of one type fit an input of another? Decided by structure, as TypeScript does.

An object fits if it has every field that is asked for (more is fine), a list by its items, a union
if each of its members fits. Ranges, lengths and patterns belong to values, not to structure: they
are checked when the value arrives.

Transitive unless the type in the middle forgets a field: `{x, y}` fits `{x}`, and `{x}` fits what
may have a `y` of another type. Nothing breaks by it, because each port validates anew.
"""

from dataclasses import dataclass, field

from ..ids import Json, JsonSchema
from .describe import describe
from .schema import (
    Dangling,
    as_dict,
    choices_of,
    fixed_length,
    format_of,
    is_any,
    kind_of,
    list_at,
    resolve,
)
from .values import schema_of_media
from .values.codec import PAI_TYPE


def media_misfit(media_type: str, target: JsonSchema) -> str | None:
    """Say in one sentence why what travels under a media type does not fit; None if it does."""
    source = schema_of_media(media_type)
    if source is None:
        return f"Nothing here reads {media_type!r}."
    return misfit(source, target)


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
    except Dangling as error:
        return f"The type refers to {str(error)!r}, which it does not define."
    except RecursionError:
        return "The type is nested too deeply to be compared."


@dataclass(slots=True)
class _Comparison:
    source_root: JsonSchema
    target_root: JsonSchema
    assumed: set[tuple[int, int]] = field(default_factory=set)
    """Pairs being compared further up: recursive types fit if nothing speaks against it."""
    kept: list[object] = field(default_factory=list)
    """Schemas made on the way, kept so that their `id` stays theirs."""

    def why(self, source: Json, target: Json, at: str) -> str | None:
        s, t = resolve(source, self.source_root), resolve(target, self.target_root)
        pair = id(s), id(t)
        if pair in self.assumed or s is False or self._takes_anything(t):
            return None
        if t is False:
            return _sentence(at, "nothing is accepted here")
        if is_any(s):
            wanted = describe(t, self.target_root, depth=2)
            return _sentence(at, f"it can be anything, {wanted} is expected; convert it with the "
                                 "block `values.cast`")  # fmt: skip
        self.assumed.add(pair)
        try:
            return self._compare(as_dict(s), as_dict(t), at)
        finally:
            self.assumed.discard(pair)

    def _takes_anything(self, t: Json, depth: int = 10) -> bool:
        if is_any(t):
            return True
        choices = [resolve(c, self.target_root) for c in choices_of(as_dict(t)) or ()]
        return depth > 0 and any(self._takes_anything(c, depth - 1) for c in choices)

    def _compare(self, s: JsonSchema, t: JsonSchema, at: str) -> str | None:
        members = _members(s, split_bool="const" in t or choices_of(t) is not None)
        if members is not None:
            self.kept.append(members)
            return next((why for m in members if (why := self.why(m, t, at))), None)
        wholes = list_at(s, "allOf")
        if wholes:
            reasons = [self.why(part, t, at) for part in wholes]
            return None if None in reasons else reasons[0]
        parts = list_at(t, "allOf")
        if parts:
            return next((why for part in parts if (why := self.why(s, part, at))), None)
        choices = choices_of(t)
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
            same = _has_type(value, kind_of(t)) and not format_of(t) and PAI_TYPE not in t
        return None if same else self._clash({"const": value}, t, at)

    def _shape(self, s: JsonSchema, t: JsonSchema, at: str) -> str | None:
        kind, wanted = kind_of(s), kind_of(t)
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
        needed = format_of(t)
        return self._clash(s, t, at) if needed and needed != s.get("format") else None

    def _object(self, s: JsonSchema, t: JsonSchema, at: str) -> str | None:
        has, sure, others = as_dict(s.get("properties")), list_at(s, "required"), _others(s)
        for name in map(str, list_at(t, "required")):
            if name not in sure:
                may = "may lack" if name in has or others is not False else "lacks"
                return _sentence(at, f"it {may} the field {name!r}")
        asks = as_dict(t.get("properties"))
        rest: Json = t.get("additionalProperties", True)
        for name, kind in has.items():
            if name not in asks and rest is False:
                return _sentence(at, f"the field {name!r} is not accepted")
            why = self.why(kind, asks.get(name, rest), _field(at, name))
            if why:
                return why
        if others is False:
            return None
        if rest is False:
            return _sentence(at, "it may have fields that are not accepted")
        unnamed = {**{name: kind for name, kind in asks.items() if name not in has}, "*": rest}
        reasons = (self.why(others, kind, _field(at, name)) for name, kind in unnamed.items())
        return next((why for why in reasons if why), None)

    def _array(self, s: JsonSchema, t: JsonSchema, at: str) -> str | None:
        fixed, wanted = list_at(s, "prefixItems"), list_at(t, "prefixItems")
        if wanted and (len(fixed) != len(wanted) or fixed_length(s) != len(fixed)):
            return self._clash(s, t, at)
        if wanted:
            pairs = list(zip(fixed, wanted, strict=True))
        else:
            items: Json = t.get("items", True)
            pairs = [(item, items) for item in fixed]
            if fixed_length(s) is None or not fixed:
                pairs.append((s.get("items", fixed_length(s) != 0), items))
        return next((why for one, other in pairs if (why := self.why(one, other, f"{at}[]"))), None)

    def _clash(self, s: JsonSchema, t: JsonSchema, at: str) -> str:
        one, other = describe(s, self.source_root, depth=3), describe(t, self.target_root, depth=3)
        return _sentence(at, f"{one} does not fit {other}")


def _members(s: JsonSchema, *, split_bool: bool) -> list[Json] | None:
    """The alternatives of a source type; None if it is not a union."""
    if s.get("type") == "boolean" and split_bool and "const" not in s and "enum" not in s:
        return [{"const": False}, {"const": True}]
    return choices_of(s)


def _open_const(value: Json) -> JsonSchema:
    if isinstance(value, dict):
        fields: dict[str, Json] = {key: {"const": item} for key, item in value.items()}
        return {"type": "object", "properties": fields, "required": list(fields), "const": value}
    items: list[Json] = [{"const": item} for item in value] if isinstance(value, list) else []
    size = len(items)
    return {
        "type": "array", "prefixItems": items, "minItems": size, "maxItems": size, "const": value,
    }  # fmt: skip


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


def _others(s: JsonSchema) -> Json:
    """Type of the fields that a source does not name; False if it has none.

    Whoever lists its fields has just those: that is how models are written.
    """
    return s.get("additionalProperties", "properties" not in s)


def _field(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _sentence(at: str, what: str) -> str:
    text = f"in {at!r} {what}" if at else what
    return f"{text[0].upper()}{text[1:]}."
