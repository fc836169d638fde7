"""What a content is, and so how it is compared and merged."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from ....ids import Json
from . import documents, notebook, table, text

Kind = Literal["text", "json", "notebook", "table", "bytes"]
SIZE_MAX = 32 * 1024 * 1024
"""Bytes of a side; what is larger is only told to be another."""
MERGED_MAX = 1 << 20
"""Bytes of a side that are merged by content."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How two contents differ."""

    kind: Kind
    details: Json
    why: str = ""
    """Why it wasn't compared by more than its bytes, where the name promised more."""


@dataclass(slots=True)
class Merged:
    """What came of a merge by content."""

    data: bytes = b""
    hunks: list[Json] = field(default_factory=list)
    """Where both sides changed the same; then `data` says nothing."""


def kind_of(path: str, media_type: str = "") -> Kind:
    """By its name, or else its media type; a text that is none is found out when it is read."""
    ending = path.rpartition("/")[2].rpartition(".")[2].lower()
    if ending == "ipynb":
        return "notebook"
    if ending == "json" or media_type.endswith(("/json", "+json")):
        return "json"
    if ending in table.ENDINGS:
        return "table"
    return "text"


def compare(
    path: str, before: bytes | memoryview, after: bytes | memoryview, media_type: str = ""
) -> Compared:
    """How two contents of a path differ."""
    if max(len(before), len(after)) > SIZE_MAX:
        return _as_bytes(before, after, f"more than {SIZE_MAX >> 20} MiB")
    kind = kind_of(path, media_type)
    try:
        if kind == "table":
            return Compared(kind, table.compare(table.read(path, before), table.read(path, after)))
        if kind in ("json", "notebook"):
            one, other = _json(before), _json(after)
            if kind == "notebook" and notebook.is_notebook(one) and notebook.is_notebook(other):
                return Compared(kind, notebook.compare(one, other))
            return Compared("json", documents.patch(one, other))
    except (ValueError, ImportError, RecursionError) as error:
        return _as_text(before, after, f"can't be read as {kind}: {str(error)[:200]}")
    return _as_text(before, after, "")


def merge(
    path: str, base: bytes, ours: bytes, theirs: bytes, media_type: str = ""
) -> Merged | None:
    """Both changes of a content; None when it is of no kind that is merged."""
    if max(map(len, (base, ours, theirs))) > MERGED_MAX:
        return None
    kind = kind_of(path, media_type)
    try:
        if kind in ("json", "notebook"):
            return _merge_json(kind, base, ours, theirs)
    except (ValueError, RecursionError):
        return None  # merged by lines, it would hardly be JSON
    try:
        merged, conflicts = text.merge(*(side.decode() for side in (base, ours, theirs)))
    except UnicodeDecodeError:
        return None
    if b"\0" in ours or b"\0" in theirs:
        return None
    return Merged(merged.encode(), [conflict.told() for conflict in conflicts])


def _merge_json(kind: Kind, base: bytes, ours: bytes, theirs: bytes) -> Merged:
    sides = [_json(side) for side in (base, ours, theirs)]
    by = notebook if kind == "notebook" and all(map(notebook.is_notebook, sides)) else documents
    merged, conflicts = by.merge(*sides)
    return Merged(_dumped(merged, ours), [conflict.told() for conflict in conflicts])


def _json(data: bytes | memoryview) -> Any:
    return json.loads(bytes(data), parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} has no place in JSON")


def _dumped(value: Json, like: bytes) -> bytes:
    """As JSON, indented as ours is."""
    lines = like.split(b"\n", 2)
    indent = len(lines[1]) - len(lines[1].lstrip(b" ")) if len(lines) > 1 else None
    text = json.dumps(value, ensure_ascii=False, indent=indent or None)
    return (text + ("\n" if like.endswith(b"\n") else "")).encode()


def _as_text(before: bytes | memoryview, after: bytes | memoryview, why: str) -> Compared:
    try:
        one, other = bytes(before).decode(), bytes(after).decode()
    except UnicodeDecodeError:
        return _as_bytes(before, after, why)
    if "\0" in one or "\0" in other:
        return _as_bytes(before, after, why)
    return Compared("text", text.hunks(one, other), why)


def _as_bytes(before: bytes | memoryview, after: bytes | memoryview, why: str) -> Compared:
    return Compared("bytes", {"before": len(before), "after": len(after)}, why)
