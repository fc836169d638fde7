"""Does a JSON value fit a port's type? Used for literals, defaults and the inputs of a run."""

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..ids import Json, JsonSchema
from .checker import jsonschema
from .describe import describe
from .values.codec import PAI_TYPE

_QUICK: dict[str, Callable[[Json], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


def value_misfit(value: Json, schema: JsonSchema) -> str | None:
    """Say in one sentence why a value does not fit a type; None if it fits."""
    if _has_special_float(value):
        return "JSON has no NaN and no Infinity."
    if not schema:
        return None
    quick = _QUICK.get(str(schema.get("type"))) if len(schema) == 1 else None
    if quick is not None and quick(value):
        return None
    if PAI_TYPE in schema:
        return f"A value of type {schema[PAI_TYPE]} cannot be written as JSON."
    try:
        found = _check(json.dumps(schema, sort_keys=True))(value)
    except (re.error, RecursionError, ArithmeticError, TypeError) as error:
        return f"The type itself is broken: {error}."
    return found or None


def schema_misfit(schema: JsonSchema) -> str | None:
    """Say in one sentence why this is no JSON Schema; None if it is one."""
    if not schema or (len(schema) == 1 and str(schema.get("type")) in _QUICK):
        return None
    library = jsonschema()
    try:
        library.Draft202012Validator.check_schema(schema)
    except library.SchemaError as error:
        return f"It is no JSON Schema: {_short(error.message)}."
    except (RecursionError, re.error):
        return "It is no JSON Schema that can be checked."
    return None


@lru_cache(maxsize=1024)
def _check(schema_text: str) -> Callable[[Json], str | None]:
    """Make the checker of a schema once. The library is imported late: it costs 60 ms."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    schema: JsonSchema = json.loads(schema_text, object_hook=_no_blob)
    wrong = schema_misfit(schema)
    if wrong:
        return lambda _value: wrong
    registry: Registry[Any] = Registry()  # an empty one: no reference is ever fetched
    library = jsonschema()
    draft = library.Draft202012Validator
    validator = draft(schema, registry=registry, format_checker=draft.FORMAT_CHECKER)

    def check(value: Json) -> str | None:
        try:
            error = library.exceptions.best_match(validator.iter_errors(value))
        except (Unresolvable, library.SchemaError) as broken:
            return f"The type itself is broken: {_short(str(broken))}."
        if error is None:
            return None
        at = "".join(f"[{part!r}]" for part in error.absolute_path)
        if error.validator in ("type", "anyOf", "oneOf", "enum", "const"):
            wanted = describe(json.loads(schema_text)) if not at else describe(error.schema, schema)
            return (
                f"{_short(json.dumps(error.instance))}{' at ' + at if at else ''} is not {wanted}."
            )
        return f"{_short(error.message)}{' at ' + at if at else ''}."

    return check


def _no_blob(schema: JsonSchema) -> Json:
    """A blob has no JSON form, so no JSON value is one."""
    return {"not": {}, "title": schema[PAI_TYPE]} if PAI_TYPE in schema else schema


def _has_special_float(value: Json) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(_has_special_float(item) for item in value.values())
    return isinstance(value, list) and any(_has_special_float(item) for item in value)


def _short(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
