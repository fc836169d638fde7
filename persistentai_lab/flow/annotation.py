"""JSON Schema back to the Python annotation that makes it."""

import keyword
from dataclasses import dataclass, field

from ..ids import Json, JsonSchema
from .control.failure import failure_type
from .values.codec import PAI_TYPE

_WORDS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS = {
    "date": ("import datetime", "datetime.date"),
    "date-time": ("import datetime", "datetime.datetime"),
    "time": ("import datetime", "datetime.time"),
    "duration": ("import datetime", "datetime.timedelta"),
    "path": ("from pathlib import Path", "Path"),
    "uuid": ("from uuid import UUID", "UUID"),
}
_BLOBS = {
    "table": ("import pandas", "pandas.DataFrame"),
    "array": ("import numpy", "numpy.ndarray"),
    "image": ("import PIL.Image", "PIL.Image.Image"),
}


@dataclass(slots=True)
class Annotations:
    """Writes annotations and remembers what they import."""

    imports: set[str] = field(default_factory=set)

    def write(self, schema: JsonSchema) -> str:
        """An annotation whose schema is exactly this one.

        What Python has no short name for is written as it is: `Annotated[Any, JsonType({...})]`.
        """
        found = self._short(schema)
        if found is not None:
            return found
        self.imports |= {
            "from typing import Annotated, Any",
            "from persistentai_lab.flow.values import JsonType",
        }
        return f"Annotated[Any, JsonType({literal(schema)})]"

    def _short(self, schema: Json) -> str | None:
        if schema is True or schema == {}:
            self.imports.add("from typing import Any")
            return "Any"
        if not isinstance(schema, dict):
            return None
        match schema:
            case {"type": str(kind)} if len(schema) == 1 and kind in _WORDS:
                return _WORDS[kind]
            case {"type": "string", "format": str(form)} if len(schema) == 2 and form in _FORMATS:
                return self._imported(*_FORMATS[form])
            case {"x-pai-type": "bytes"} if len(schema) == 1:
                return "bytes"
            case {"x-pai-type": str(blob)} if len(schema) == 1 and blob in _BLOBS:
                return self._imported(*_BLOBS[blob])
            case {"const": value, "type": str(kind)} if len(schema) == 2:
                return self._literal([value], kind)
            case {"enum": list(values), "type": str(kind)} if len(schema) == 2 and len(values) > 1:
                return self._literal(values, kind)
            case {"anyOf": list(members)} if len(schema) == 1:
                return self._union(members)
        return self._container(schema)

    def _container(self, schema: JsonSchema) -> str | None:
        if schema == failure_type():
            return self._imported("import persistentai_lab as pai", "pai.Failure")
        if PAI_TYPE in str(schema):  # blobs don't travel inside other values
            return None
        match schema:
            case {"type": "array", "items": items} if len(schema) == 2:
                inner = "Any" if items == {} else self._short(items)
                if items == {}:
                    self.imports.add("from typing import Any")
                return inner and f"list[{inner}]"
            case {"type": "array", "items": items, "uniqueItems": True} if len(schema) == 3:
                inner = self._short(items)
                return inner and f"set[{inner}]"
            case {"type": "object", "additionalProperties": values} if len(schema) == 2:
                inner = self._short(values) if values != {} else None
                return inner and f"dict[str, {inner}]"
        return None

    def _union(self, members: list[Json]) -> str | None:
        shorts = [self._short(member) for member in members]
        flat = not any(short is None or short == "Any" or " | " in short for short in shorts)
        if "None" in shorts[:-1]:  # Pydantic puts it last
            return None
        if not flat or len(set(shorts)) < max(2, len(shorts)):
            return None
        return " | ".join(str(short) for short in shorts)

    def _literal(self, values: list[Json], kind: str) -> str | None:
        words = {"string": str, "integer": int, "boolean": bool}
        if kind not in words or not all(type(value) is words[kind] for value in values):
            return None
        if len({repr(value) for value in values}) < len(values):
            return None
        self.imports.add("from typing import Literal")
        return f"Literal[{', '.join(map(literal, values))}]"

    def _imported(self, line: str, name: str) -> str:
        self.imports.add(line)
        return name


def literal(value: Json) -> str:
    """A JSON value as Python, in double quotes where that is as easy to read."""
    if isinstance(value, str):
        text = repr(value)
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in value else text
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(key)}: {literal(item)}' for key, item in value.items())}}}"
    return repr(value)


def is_plain_name(name: str) -> bool:
    """Whether a name can be written in code as it is."""
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name)
