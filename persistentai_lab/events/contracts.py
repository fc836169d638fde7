"""TypeScript types of events and views, written from the Python ones.

`python -m persistentai_lab.events.contracts` writes `labextension/ui/src/contracts/events.ts`.
A test fails when that file is stale.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from .model import Envelope
from .view import INNER_KEPT, LOGS_KEPT, RunView

FILE = Path(__file__).parents[2] / "labextension" / "ui" / "src" / "contracts" / "events.ts"

_HEAD = """\
// Written by `python -m persistentai_lab.events.contracts`: change the Python types instead.
"""
_PRIMITIVES = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}

_Schema = dict[str, Any]


def typescript() -> str:
    """The whole file."""
    definitions = _definitions()
    events = sorted(name for name, schema in definitions.items() if _is_event(schema))
    nothing = json.dumps(RunView().to_json(), indent=2)
    return "\n".join(
        [
            _HEAD,
            *(_declaration(name, schema) for name, schema in sorted(definitions.items())),
            "/** Everything that can happen in a run, as far as this release goes. */",
            "export type RunEvent =\n  | " + "\n  | ".join(events) + ";\n",
            "export type RunStatus = RunView['status'];",
            "export type NodeStatus = NodeView['status'];\n",
            "/** How many of a node's last log lines a view holds. */",
            f"export const LOGS_KEPT = {LOGS_KEPT};\n",
            "/** How many nodes of flows inside a view holds that have ended. */",
            f"export const INNER_KEPT = {INNER_KEPT};\n",
            "/** A run of which nothing is known yet. */",
            f"export const NOTHING_KNOWN: RunView = {nothing};\n",
        ]
    )


def _definitions() -> dict[str, _Schema]:
    _, schema = TypeAdapter.json_schemas(
        [
            ("envelope", "serialization", TypeAdapter(Envelope)),
            ("view", "serialization", TypeAdapter(RunView)),
        ]
    )
    definitions: dict[str, _Schema] = schema["$defs"]
    return definitions


def _is_event(schema: _Schema) -> bool:
    return "const" in schema.get("properties", {}).get("type", {})


def _declaration(name: str, schema: _Schema) -> str:
    doc = f"/** {schema['description']} */\n" if "description" in schema else ""
    if "properties" not in schema:
        return f"{doc}export type {name} = {_type(schema)};\n"
    fields = "".join(
        f"  readonly {field}: {_type(inner)};\n" for field, inner in schema["properties"].items()
    )
    return f"{doc}export interface {name} {{\n{fields}}}\n"


def _type(schema: _Schema) -> str:
    match schema:
        case {"discriminator": _}:
            return "RunEvent"
        case {"$ref": ref}:
            return str(ref).rpartition("/")[2]
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return " | ".join(json.dumps(value) for value in values)
        case {"anyOf": choices}:
            return " | ".join(dict.fromkeys(_type(choice) for choice in choices))
        case {"type": "array", "items": items}:
            return f"ReadonlyArray<{_type(items)}>"
        case {"type": "object", "additionalProperties": values}:
            # as an index signature, for a Record may not refer to itself
            keys = schema.get("propertyNames", {})
            key = f"in {_type(keys)}" if "enum" in keys else ": string"
            return f"{{ readonly [key{' ' if key[0] != ':' else ''}{key}]: {_type(values)} }}"
        case {"type": primitive}:
            return _PRIMITIVES[primitive]
    raise NotImplementedError(f"No TypeScript type for {schema!r}.")


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(typescript(), encoding="utf-8")
