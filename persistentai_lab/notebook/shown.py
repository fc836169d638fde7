"""A value as what it is: a table, an image, text, a tree, an array. Never blank, never endless."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from io import BytesIO
from json import dumps
from typing import Any, Protocol

from ..client import Blob, Expired, Value
from ..client.words import shorten, sized
from ..errors import LabError
from .html import FAINT, folded, note_box, table, with_code

FETCH_MAX = 32 * 1024 * 1024
"""A value that is larger is not fetched when somebody only looks."""
SKETCH_FROM = 4 * 1024 * 1024
"""From here on what was noted of it when it was made is enough, if that shows its beginning."""
_ROWS, _COLUMNS = 8, 12
_LINES, _LINE = 30, 400
_FOLDED_LINES = 200
"""Text beyond these is counted, not shown: what a notebook shows, it also stores."""
_ITEMS, _DEPTH, _TREE = 20, 6, 300
_IMAGE_MAX = 512 * 1024
_IMAGE_SIDE = 800
_WRAP = "white-space:pre-wrap;overflow-wrap:anywhere"
_PRE = "margin:0;white-space:pre;overflow-x:auto;max-height:480px"

KINDS = {
    "application/json": "JSON",
    "application/vnd.apache.parquet": "table",
    "application/x-npy": "array",
    "image/png": "image",
    "application/octet-stream": "bytes",
}


class Values(Protocol):
    """Where values are fetched."""

    def value(self, value: Value) -> object:
        """Raises `CannotRead`."""
        ...


def value_html(value: Value, values: Values) -> str:
    """A value, fetched if it is not too large; or why it cannot be shown, and what to do."""
    if isinstance(value, Expired):
        return named(value)
    if isinstance(value, Blob) and _is_sketched(value):
        return sketch_html(value)
    what: object = None
    try:
        what = values.value(value)
        return object_html(what)
    except LabError as error:
        then = f"→ {with_code(error.remedy)}" if error.remedy else ""
        return note_box("failed", escape(error.message), then) + _noted(value)
    except Exception as error:  # noqa: BLE001 - the repr of somebody's class may raise anything
        kind = named(value) if isinstance(value, Blob) else "JSON"
        said = f"{kind}: a {escape(type(what).__name__)} whose repr raises {type(error).__name__}"
        return note_box("failed", said, "→ <code>.output</code> has it all the same")


def _is_sketched(value: Blob) -> bool:
    return value.size > (FETCH_MAX if value.head is None else SKETCH_FROM)


def sketch_html(value: Blob) -> str:
    """A large value as it was noted when it was made: what it is, and how it begins."""
    return f'{named(value)} <span style="{FAINT}">not fetched to look at</span>{_noted(value)}'


def _noted(value: Value) -> str:
    """How a value begins, as far as that was noted."""
    head = value.head if isinstance(value, Blob) else None
    if head is None:
        return ""
    if isinstance(head, dict) and isinstance(head.get("rows"), list):
        columns = [escape(str(name)) for name in _listed(head.get("columns"))]
        rows = [[_told(cell) for cell in _listed(row)] for row in _listed(head["rows"])]
        return f'<div style="overflow-x:auto">{table(columns, rows)}</div>'
    return object_html(head)


def _listed(what: object) -> list[object]:
    return what if isinstance(what, list) else []


def named(value: Value, width: int = 60) -> str:
    """A value in a few words, as HTML. Fetches nothing."""
    if isinstance(value, Blob):
        kind = value.about or KINDS.get(value.media_type, value.media_type)
        return (
            f'<span title="{escape(value.media_type)}">{escape(kind)}, {sized(value.size)}</span>'
        )
    if isinstance(value, Expired):
        kind = KINDS.get(value.media_type, value.media_type)
        gone = f"{escape(kind)}, {sized(value.size)}, no longer kept"
        return f'<span style="{FAINT}" title="sha256 {escape(value.sha256)}">{gone}</span>'
    if value.json == "":
        return f'<span style="{FAINT}">empty text</span>'
    text = value.json if isinstance(value.json, str) else repr(value.json)
    return f"<code>{escape(shorten(text, width))}</code>"


def object_html(what: object) -> str:
    """Something that a body returned."""
    if isinstance(what, str):
        return _text(what)
    if isinstance(what, bytes | bytearray | memoryview):
        first = bytes(what[:16]).hex(" ")
        return f"{sized(len(what))} <code>{first}{' …' if len(what) > 16 else ''}</code>"
    if _is_rows(what):
        return _rows(what)
    if isinstance(what, Mapping | list):
        return _Tree().of(what)
    family = type(what).__module__.partition(".")[0]
    if family == "pandas" and hasattr(what, "to_html"):
        return _frame(what)
    if family == "numpy" and hasattr(what, "dtype"):
        return _array(what)
    if family == "PIL" and hasattr(what, "save"):
        return _image(what)
    return f'<code style="{_WRAP}">{escape(shorten(repr(what), 300))}</code>'


def _text(text: str) -> str:
    lines = text.splitlines()
    if len(lines) <= 1 and len(text) <= _LINE:
        return (
            f"<code>{escape(text)}</code>" if text else f'<span style="{FAINT}">empty text</span>'
        )
    shown = _pre(lines[:_LINES])
    rest = lines[_LINES:]
    if rest:
        summary = (
            f"{len(rest):,} more line{'s' if len(rest) > 1 else ''}, {sized(len(text))} in all"
        )
        hidden = len(rest) - _FOLDED_LINES
        more = (
            f"<div>… and {hidden:,} more: <code>.output</code> has all</div>" if hidden > 0 else ""
        )
        shown += folded(summary, _pre(rest[:_FOLDED_LINES]) + more)
    return shown


def _pre(lines: Sequence[str]) -> str:
    text = "\n".join(map(_short_line, lines))
    return f'<pre style="{_PRE}">{escape(text)}</pre>'


def _short_line(line: str) -> str:
    hidden = len(line) - _LINE
    return f"{line[:_LINE]}… {hidden:,} more characters" if hidden > 0 else line


def _is_rows(what: object) -> bool:
    """Whether this is a table as JSON: a list of objects with plain values."""
    return (
        isinstance(what, list)
        and len(what) > 0
        and all(isinstance(row, dict) and row for row in what[:_ROWS])
        and not any(isinstance(cell, dict | list) for row in what[:_ROWS] for cell in row.values())
    )


def _rows(rows: Any) -> str:
    columns = list(dict.fromkeys(str(name) for row in rows[:_ROWS] for name in row))
    body = [[_cell(row, name) for name in columns[:_COLUMNS]] for row in rows[:_ROWS]]
    return _sized_table(len(rows), len(columns), table([*map(escape, columns[:_COLUMNS])], body))


def _cell(row: Mapping[str, Any], name: str) -> str:
    return _told(row.get(name))


def _told(value: object) -> str:
    """What stands in one cell of a table."""
    if value is None:
        return f'<span style="{FAINT}">–</span>'
    return escape(shorten(f"{value:.6g}" if isinstance(value, float) else str(value), 60))


def _sized_table(rows: int, columns: int, inside: str) -> str:
    hidden = rows - _ROWS
    more = f", {hidden:,} rows not shown" if hidden > 0 else ""
    size = f'<div style="{FAINT}">{rows:,} × {columns:,}{more}</div>'
    return f'<div style="overflow-x:auto">{inside}</div>{size}'


def _frame(frame: Any) -> str:
    rows, columns = (*frame.shape, 1)[:2]
    frame = frame if frame.ndim == 2 else frame.to_frame()
    head = frame.iloc[:_ROWS, :_COLUMNS]
    cells = head.astype(object).where(head.notna(), None).itertuples(index=False, name=None)
    body = [
        [f'<span style="{FAINT}">{escape(shorten(str(label), 40))}</span>', *map(_told, row)]
        for label, row in zip(head.index, cells, strict=True)
    ]
    names = [escape(shorten(str(name), 40)) for name in head.columns]
    return _sized_table(rows, columns, table(["", *names], body))


def _array(array: Any) -> str:
    first = ", ".join(map(str, array.flat[:8].tolist()))
    more = ", …" if array.size > 8 else ""
    size = " × ".join(map(str, array.shape)) or "scalar"
    return f"{escape(f'{array.dtype} {size}')} <code>[{escape(shorten(first, 200))}{more}]</code>"


def _image(image: Any) -> str:
    size = f"{image.size[0]:,} × {image.size[1]:,}"
    buffer = BytesIO()
    image.save(buffer, format="PNG")
    if buffer.tell() > _IMAGE_MAX or max(image.size) > 2 * _IMAGE_SIDE:
        image = image.copy()
        image.thumbnail((_IMAGE_SIDE, _IMAGE_SIDE))
        buffer = BytesIO()
        image.save(buffer, format="PNG")
    data = b64encode(buffer.getvalue()).decode()
    return (
        f'<img alt="image, {size}" src="data:image/png;base64,{data}" '
        f'style="display:block;max-width:100%;max-height:480px"/><div style="{FAINT}">{size}</div>'
    )


class _Tree:
    """JSON as a tree that unfolds; stops after so many entries and says how many are left."""

    def __init__(self) -> None:
        self._left = _TREE

    def of(self, what: object, name: str = "", depth: int = 0) -> str:
        """An entry with all below it."""
        self._left -= 1
        label = f"<b>{escape(shorten(name, 60))}</b> " if name else ""
        if not isinstance(what, Mapping | list) or not what:
            told = escape(shorten(_json(what), 200))
            return f'<div>{label}<code style="{_WRAP}">{told}</code></div>'
        count = f'<span style="{FAINT}">{_counted(what)}</span>'
        if depth >= _DEPTH or self._left <= 0:
            return f"<div>{label}{count}</div>"
        inside = "".join(self._below(what, depth + 1))
        return folded(label + count, inside, is_open=depth == 0)

    def _below(self, what: "Mapping[str, Any] | list[Any]", depth: int) -> Iterator[str]:
        items = what.items() if isinstance(what, Mapping) else enumerate(what)
        for place, (name, value) in enumerate(items):
            if place >= _ITEMS or self._left <= 0:
                yield f'<div style="{FAINT}">… {len(what) - place:,} more</div>'
                return
            yield self.of(value, str(name), depth)


def _json(what: object) -> str:
    return what if isinstance(what, str) else dumps(what, default=repr, ensure_ascii=False)


def _counted(what: "Mapping[str, Any] | list[Any]") -> str:
    noun = "key" if isinstance(what, Mapping) else "item"
    return f"{len(what):,} {noun}{'' if len(what) == 1 else 's'}"
