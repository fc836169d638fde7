"""`.flow.json`: how a flow is written, read and named by its content.

One flow has one text: keys sorted, nodes by id, edges by what they feed, whatever fits on a line on
one line, positions apart. So two people's changes to two nodes are two hunks of a diff.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NoReturn, cast

from pydantic import ValidationError

from ..errors import FlowInvalid, Problem
from ..ids import Json, JsonSchema
from .model import SCHEMA_VERSION, Edge, FlowInput, FlowSpec, Policy

_WIDTH = 120


def dumps(spec: FlowSpec) -> str:
    """Write a flow as the text of a `.flow.json` file.

    Raises:
        FlowInvalid: A literal is NaN or infinite, which JSON cannot say.
    """
    return f"{_pretty(_plain(canonical(spec), layout=True))}\n"


def loads(text: str | bytes) -> FlowSpec:
    """Read the text of a `.flow.json` file.

    Raises:
        FlowInvalid: It is not JSON, not a flow, or from a newer version; with all problems found.
    """
    return parse(_read_json(text))


def parse(raw: Json) -> FlowSpec:
    """Read a flow from parsed JSON. Raises like `loads`."""
    if not isinstance(raw, dict):
        _refuse("not_a_flow", "A flow is a JSON object.", "Start from a file that was saved here.")
    version = raw.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        _refuse(
            "newer_schema",
            f"This flow is written in version {version} of the format; "
            f"here version {SCHEMA_VERSION} is understood.",
            "Update: `pip install -U persistentai-lab`.",
        )
    try:
        return canonical(FlowSpec.model_validate(raw))
    except ValidationError as error:
        problems = [_problem(dict(details), raw) for details in error.errors(include_url=False)]
        raise FlowInvalid(problems) from error


def flow_hash(spec: FlowSpec) -> str:
    """Hash of what a flow means: sha256, hex. Positions and the order in the file don't count."""
    plain = _plain(canonical(spec), layout=False)
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(spec: FlowSpec) -> FlowSpec:
    """The same flow in its one order: nodes by id, edges by target, then source."""
    nodes = [
        node.model_copy(update={"policy": None}) if node.policy == Policy() else node
        for node in spec.nodes
    ]
    return spec.model_copy(
        update={
            "nodes": tuple(sorted(nodes, key=lambda node: node.id)),
            "edges": tuple(sorted(spec.edges, key=_edge_key)),
            "flows": {name: canonical(inner) for name, inner in sorted(spec.flows.items())},
        }
    )


def json_schema() -> JsonSchema:
    """JSON Schema of `.flow.json`."""
    schema = FlowSpec.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"PersistentAI flow, version {SCHEMA_VERSION}",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def _edge_key(edge: Edge) -> tuple[str, ...]:
    return edge.target.node, edge.target.port, edge.source.node, edge.source.port


def _plain(spec: FlowSpec, *, layout: bool) -> dict[str, Json]:
    plain: dict[str, Json] = {
        "schema_version": spec.schema_version,
        "name": spec.name,
        "inputs": {name: _plain_input(value) for name, value in spec.inputs.items()},
        "outputs": {name: ref.model_dump() for name, ref in spec.outputs.items()},
        "nodes": [node.model_dump(exclude_none=False) for node in spec.nodes],
        "edges": [edge.model_dump() for edge in spec.edges],
    }
    for node in cast("list[dict[str, Any]]", plain["nodes"]):
        policy = node.pop("policy")
        if not node["flows"]:  # only control nodes have some
            del node["flows"]
        if policy is not None:
            node["policy"] = {key: value for key, value in policy.items() if value is not None}
    if spec.flows:
        plain["flows"] = {name: _plain(inner, layout=layout) for name, inner in spec.flows.items()}
    if spec.budget is not None:
        plain["budget"] = spec.budget.model_dump(exclude_none=True)
    if spec.budgets:
        plain["budgets"] = {
            key: budget.model_dump(exclude_none=True) for key, budget in spec.budgets.items()
        }
    if layout and spec.layout:
        plain["layout"] = {name: spot.model_dump() for name, spot in spec.layout.items()}
    return plain


def _plain_input(value: FlowInput) -> dict[str, Json]:
    plain: dict[str, Json] = {"type": value.type}
    return {**plain, "default": value.default} if value.has_default else plain


def _pretty(value: Json, indent: int = 0, prefix: int = 0) -> str:
    """JSON with whatever fits on a line on one line."""
    try:
        line = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except ValueError:
        _refuse("bad_value", "JSON has no NaN and no Infinity.", "Make such a value with a block.")
    # the outermost level is always opened, so that a small flow reads like a big one
    if not isinstance(value, dict | list) or not value:
        return line
    if indent > 0 and indent + prefix + len(line) < _WIDTH:
        return line
    inner = indent + 2
    pad = " " * inner
    if isinstance(value, dict):
        rows = [
            f"{pad}{(name := json.dumps(key, ensure_ascii=False))}: "
            f"{_pretty(item, inner, len(name) + 2)}"
            for key, item in sorted(value.items())
        ]
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    rows = [f"{pad}{_pretty(item, inner)}" for item in value]
    return "[\n" + ",\n".join(rows) + "\n" + " " * indent + "]"


def _read_json(text: str | bytes) -> Json:
    try:
        raw: Json = json.loads(
            text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys
        )
    except json.JSONDecodeError as error:
        _refuse(
            "not_json",
            f"Line {error.lineno}, column {error.colno}: {error.msg.lower()}.",
            "Correct it there; comments and trailing commas are not JSON.",
        )
    except (UnicodeDecodeError, RecursionError) as error:
        _refuse("not_json", f"This cannot be read: {error}.", "Flow files are JSON in UTF-8.")
    return raw


def _refuse_constant(name: str) -> NoReturn:
    _refuse("bad_value", f"{name} is not JSON.", "Make such a value with a block.")


def _unique_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _refuse("duplicate_key", f"{twice!r} stands twice in one object.", "Keep one of them.")
    return found


_REMEDIES = {
    "missing": "Add it.",
    "extra_forbidden": "Remove it, or correct its name.",
    "string_pattern_mismatch": "Use letters, digits and underscores, and no digit first.",
    "literal_error": "`persistentai schema flow` prints the format.",
}


def _problem(details: dict[str, Any], raw: dict[str, Json]) -> Problem:
    place = ".".join(str(part) for part in details["loc"] if part != "[key]")
    wrong = str(details["msg"]).rstrip(".")
    return Problem(
        code="bad_id" if details["type"] == "string_pattern_mismatch" else "bad_field",
        message=f"`{place or 'the flow'}`: {wrong[0].lower()}{wrong[1:]}.",
        remedy=_REMEDIES.get(details["type"], "`persistentai schema flow` prints the format."),
        node=_node_at(details["loc"], raw),
    )


def _node_at(loc: Sequence[Any], raw: dict[str, Json]) -> str | None:
    """The id of the node that a problem lies in, if the file got as far as to name it."""
    nodes = raw.get("nodes")
    if len(loc) < 2 or loc[0] != "nodes" or not isinstance(nodes, list):
        return None
    node = nodes[loc[1]] if isinstance(loc[1], int) and loc[1] < len(nodes) else None
    found = node.get("id") if isinstance(node, dict) else None
    return found if isinstance(found, str) else None


def _refuse(code: str, message: str, remedy: str) -> NoReturn:
    raise FlowInvalid([Problem(code=code, message=message, remedy=remedy)])
