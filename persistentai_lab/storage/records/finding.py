"""Finding documents: by what they contain, by fields, sorted, in pages."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from ...errors import MemoryRefused
from ...ids import Json
from ...memory.records.asks import Find, Op
from ...memory.records.fields import parts_of
from ...memory.records.model import Document, Found

Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(slots=True)
class _Clause:
    """A part of a statement, with the values for its places."""

    text: str
    values: list[Any] = field(default_factory=list)


async def find(connection: Connection, workspace: str, query: Find) -> Found:
    """A page of documents. Raises `MemoryRefused` for conditions that mean nothing."""
    clauses = [_Clause("workspace = %s AND collection = %s AND body IS NOT NULL",
                       [workspace, query.collection])]  # fmt: skip
    if query.contains:
        clauses.append(_Clause("body @> %s::jsonb", [json.dumps(query.contains)]))
    clauses += [_condition(*each) for each in query.where]
    order = [(parts_of(key.removeprefix("-")), key.startswith("-")) for key in query.sort]
    if query.after is not None:
        clauses.append(_behind(order, _place(query.after, len(order))))
    sorting = [f"{_VALUE} {'DESC' if down else 'ASC'}" for _, down in order]
    paths = [path for path, _ in order]
    statement = f"""
        SELECT {_COLUMNS}, jsonb_build_array({", ".join([_VALUE] * len(order))}) AS sorted_by
        FROM pai.doc WHERE {" AND ".join(clause.text for clause in clauses)}
        ORDER BY {", ".join([*sorting, "id"])} LIMIT %s"""
    values = [*paths, *(value for clause in clauses for value in clause.values), *paths]
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(statement, [*values, query.limit + 1])
    rows = await cursor.fetchall()
    page = rows[: query.limit]
    after = _cursor(page[-1]) if len(rows) > query.limit else None
    documents = [Document.model_validate({k: v for k, v in row.items() if k != "sorted_by"})
                 for row in page]  # fmt: skip
    if query.fields is not None:
        wanted = [parts_of(name) for name in query.fields]
        documents = [each.model_copy(update={"body": _only(each.body, wanted)})
                     for each in documents]  # fmt: skip
    return Found(documents=documents, next=after)


def _condition(name: str, op: Op, value: Json) -> _Clause:
    path = parts_of(name)
    it = "body #> %s::text[]"
    match op, value:
        case "=", _:
            exact = _Clause(f"{it} = %s::jsonb", [path, json.dumps(value)])
            if isinstance(value, dict | list) or any(part.isdigit() for part in path):
                return exact
            around: Json = value  # the index knows containment, not equality
            for part in reversed(path):
                around = {part: around}
            return _Clause(f"body @> %s::jsonb AND {exact.text}",
                           [json.dumps(around), *exact.values])  # fmt: skip
        case "!=", _:
            return _Clause(f"{it} IS DISTINCT FROM %s::jsonb", [path, json.dumps(value)])
        case (("<" | "<=" | ">" | ">="), int() | float() | str()):
            text = json.dumps(value)
            kind = f"jsonb_typeof({it}) = jsonb_typeof(%s::jsonb)"
            return _Clause(f"{kind} AND {it} {op} %s::jsonb", [path, text, path, text])
        case "in", list():
            return _Clause(f"{it} = ANY(%s::jsonb[])", [path, [*map(json.dumps, value)]])
        case "starts with", str():
            text = f"jsonb_typeof({it}) = 'string' AND starts_with(body #>> %s::text[], %s)"
            return _Clause(text, [path, path, value])
        case "exists", bool():
            return _Clause(f"({it} IS NOT NULL) = %s", [path, value])
    needs = {"in": "a list", "starts with": "a text", "exists": "true or false"}
    raise MemoryRefused(
        f"`{name} {op} {json.dumps(value)[:100]}` means nothing.",
        remedy=f"`{op}` needs {needs.get(op, 'a number or a text')}.",
    )


def _behind(order: Sequence[tuple[list[str], bool]], place: list[Json]) -> _Clause:
    """What comes after a place: a later value of the first key, or the same and a later next."""
    *last, name = place
    choices, values, same = [], [], _Clause("")
    for (path, down), value in zip(order, last, strict=True):
        text = json.dumps(value)
        choices.append(f"({same.text}{_VALUE} {'<' if down else '>'} %s::jsonb)")
        values += [*same.values, path, text]
        same = _Clause(f"{same.text}{_VALUE} = %s::jsonb AND ", [*same.values, path, text])
    choices.append(f"({same.text}id > %s)")
    return _Clause(f"({' OR '.join(choices)})", [*values, *same.values, name])


def _cursor(row: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps([*row["sorted_by"], row["id"]]).encode()).decode()


def _place(after: str, keys: int) -> list[Json]:
    try:
        place = json.loads(urlsafe_b64decode(after.encode()))
    except ValueError:
        place = None
    if not isinstance(place, list) or len(place) != keys + 1 or not isinstance(place[-1], str):
        raise MemoryRefused(
            "`after` is no end of a page of this query.",
            remedy="Hand on the `next` of the page before, with the same `sort`.",
        )
    return place


def _only(body: dict[str, Any], wanted: list[list[str]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for path in wanted:
        value: Any = body
        for part in path:
            value = value.get(part, _ABSENT) if isinstance(value, dict) else _ABSENT
        if value is _ABSENT:
            continue
        into = result
        for part in path[:-1]:
            into = into.setdefault(part, {})
        into[path[-1]] = value
    return result


_ABSENT = object()
_VALUE = "coalesce(body #> %s::text[], 'null'::jsonb)"
"""What a document is sorted by; those without it come first, as those with null do."""
_COLUMNS = "collection, id, rev, body, created_at, updated_at, owner, caller, run, path"
