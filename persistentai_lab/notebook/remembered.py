"""What memory tells, as tables of a cell: hits with their sources, versions, differences, uses."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from pydantic import BaseModel

from ..client.words import shorten, sized
from ..ids import Json
from ..memory.feed.model import Entry, Head, Verdict
from ..memory.files.model import (
    Branch,
    Change,
    Commit,
    Conflict,
    Difference,
    Line,
    Merged,
    Stat,
    Tag,
)
from ..memory.history.model import Cost, Given, PastRun, PastStep, Sealed, Use, Where
from ..memory.knowledge.context import Context, Piece
from ..memory.knowledge.model import Chunk, Fact, Hit, Recalled, Source, ThreadHead
from ..memory.records.model import Document, KeyInfo, Revision
from .html import code, faint, folded, moment, note_box, state, table, whole

Column = tuple[str, Callable[[Any], str]]
_MOST = 100
"""What a notebook shows, it also stores."""


def _text(value: object, most: int = 100) -> str:
    return escape(shorten(" ".join(str(value).split()), most)) if value not in (None, "") else ""


def _wrapped(value: str, most: int) -> str:
    """Text that may take several lines, in a table whose other cells may not."""
    style = "display:inline-block;max-width:360px;white-space:normal"
    return f'<span style="{style}">{_text(value, most)}</span>' if value else ""


def _json(value: Json, most: int = 100) -> str:
    if value is None:
        return faint("–")
    return _text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), most)


def _id(value: str | None) -> str:
    return f'<code title="{escape(value)}">{escape(value[:10])}</code>' if value else ""


def _source(source: Source) -> str:
    version = source.version if source.kind == "feed" else (source.version or "")[:10]
    place = f", {source.place}" if source.place else ""
    at = f" @ {version}" if version else ""
    whole_name = escape(str(source))
    kind = "" if source.kind == "person" else f"{source.kind} "
    return f'<span title="{whole_name}">{escape(f"{kind}{source.ref}{at}{place}")}</span>'


def _why(hit: Hit) -> str:
    return escape(", ".join(f"{why.by} #{why.rank}" for why in hit.why))


def _who(told: Any) -> str:
    return code(told.run) if told.run else escape(told.owner)


def _erased(value: str | None, most: int = 140) -> str:
    return faint("erased") if value is None else _text(value, most)


_COLUMNS: Mapping[type[BaseModel], tuple[Column, ...]] = {
    Hit: (
        ("", lambda hit: f"{hit.score:.2f}"),
        ("Text", lambda hit: _wrapped(hit.text, 280)),
        ("From", lambda hit: _source(hit.chunk.source)),
        ("Found by", _why),
    ),
    Piece: (
        ("Piece", lambda piece: _wrapped(piece.text, 160)),
        ("From", lambda piece: _source(piece.source)),
        ("Why it is here", lambda piece: _wrapped(piece.why, 200)),
        ("Tokens", lambda piece: str(piece.tokens)),
    ),
    Chunk: (
        ("", lambda chunk: str(chunk.position)),
        ("Text", lambda chunk: _erased(chunk.text)),
        ("From", lambda chunk: _source(chunk.source)),
        ("Said", lambda chunk: moment(chunk.said_at)),
        ("Until", lambda chunk: moment(chunk.closed_at)),
    ),
    Fact: (
        ("Subject", lambda fact: _erased(fact.subject)),
        ("", lambda fact: _text(fact.predicate)),
        ("Object", lambda fact: _json(fact.object)),
        ("Since", lambda fact: moment(fact.valid_from)),
        ("Until", lambda fact: moment(fact.valid_to)),
        ("From", lambda fact: _source(fact.source)),
    ),
    ThreadHead: (
        ("Thread", lambda head: _text(head.thread)),
        ("Texts", lambda head: f"{head.chunks:,}"),
        ("Changed", lambda head: moment(head.updated_at)),
    ),
    Entry: (
        ("", lambda entry: str(entry.seq)),
        ("Kind", lambda entry: _text(entry.kind)),
        ("Said", lambda entry: faint("erased") if entry.erased_at else _json(entry.body, 140)),
        ("By", _who),
        ("At", lambda entry: moment(entry.at)),
    ),
    Head: (
        ("Feed", lambda head: _text(head.feed)),
        ("Entries", lambda head: f"{head.seq:,}"),
        ("Changed", lambda head: moment(head.updated_at)),
    ),
    Stat: (
        ("Path", lambda stat: _text(stat.path)),
        ("Size", lambda stat: sized(stat.size) if stat.size is not None else ""),
        ("Commit", lambda stat: _id(stat.commit)),
        ("At", lambda stat: moment(stat.at)),
    ),
    Commit: (
        ("Commit", lambda commit: _id(commit.id)),
        ("", lambda commit: _text("" if commit.kind == "commit" else commit.kind)),
        ("Message", lambda commit: _text(commit.message)),
        ("By", _who),
        ("At", lambda commit: moment(commit.at)),
    ),
    Branch: (
        ("Branch", lambda branch: _text(branch.name)),
        ("Commit", lambda branch: _id(branch.head)),
        ("Moved", lambda branch: moment(branch.updated_at)),
    ),
    Tag: (
        ("Tag", lambda tag: _text(tag.name)),
        ("Commit", lambda tag: _id(tag.commit)),
        ("For", lambda tag: _text(tag.message)),
    ),
    Change: (
        ("Path", lambda change: _text(change.path)),
        ("", lambda change: _text(change.kind)),
        ("Before", lambda change: sized(change.before.size) if change.before else ""),
        ("After", lambda change: sized(change.after.size) if change.after else ""),
    ),
    Line: (
        ("Line", lambda line: code(shorten(line.text, 120))),
        ("Commit", lambda line: _id(line.commit)),
        ("For", lambda line: _text(line.message)),
        ("By", _who),
    ),
    KeyInfo: (("Key", lambda info: _text(info.key)), ("Revision", lambda info: str(info.revision))),
    Document: (
        ("Id", lambda document: _text(document.id)),
        ("Revision", lambda document: str(document.rev)),
        ("Body", lambda document: _json(document.body, 160)),
    ),
    Revision: (
        ("Revision", lambda revision: str(revision.rev)),
        ("Body", lambda revision: _json(revision.body, 160)),
        ("At", lambda revision: moment(revision.at)),
    ),
    PastRun: (
        ("Run", lambda run: code(run.run)),
        ("Flow", lambda run: _text(run.flow)),
        ("State", lambda run: state(run.status)),
        ("Started", lambda run: moment(run.started_at)),
    ),
    PastStep: (
        ("Run", lambda step: code(step.run)),
        ("Step", lambda step: _text(step.path)),
        ("Block", lambda step: _text(step.block)),
        ("State", lambda step: state(step.status)),
        ("Started", lambda step: moment(step.started_at)),
    ),
    Given: (
        ("Port", lambda given: _text(given.port)),
        ("From", lambda given: _text(given.node or given.source.replace("_", " "))),
        ("Value", lambda given: _json((given.value or {}).get("json"))),
    ),
    Where: (
        ("Run", lambda where: code(where.run)),
        ("Flow", lambda where: _text(where.flow)),
        ("Step", lambda where: _text(where.path or where.node)),
        ("Port", lambda where: _text(where.port)),
        ("As", lambda where: _text(where.source.replace("_", " "))),
        ("At", lambda where: moment(where.at)),
    ),
    Use: (
        ("Run", lambda use: code(use.run)),
        ("Flow", lambda use: _text(use.flow)),
        ("Step", lambda use: _text(use.node or use.path)),
        ("", lambda use: {"read": "read it", "write": "wrote it"}[use.mode]),
        ("Content", lambda use: _id(use.version)),
        ("At", lambda use: moment(use.at)),
    ),
    Cost: (
        ("", lambda cost: _text(cost.group)),
        ("Steps", lambda cost: f"{cost.steps:,}"),
        ("Seconds", lambda cost: f"{cost.seconds:,.2f}"),
        ("Tokens", lambda cost: f"{cost.tokens:,}"),
        ("Money", lambda cost: _text(", ".join(f"{n:g} {unit}" for unit, n in cost.money.items()))),
    ),
}


def rows_html(told: Sequence[Any]) -> str | None:
    """A table of what memory told; None when this is a list of something else."""
    columns = _COLUMNS.get(type(told[0])) if told else None
    if columns is None:
        if told and all(isinstance(each, Conflict) for each in told):
            return whole("".join(map(_conflict, told)))
        return None
    if len({type(each) for each in told}) > 1:
        return None
    return whole(_rows(told, columns))


def _rows(told: Sequence[Any], columns: tuple[Column, ...]) -> str:
    used = [
        (head, cells)
        for head, make in columns
        if any(cells := [make(each) for each in told[:_MOST]])
    ]
    rows = list(zip(*(cells for _, cells in used), strict=True))
    more = f"<div>{faint(f'{len(told) - _MOST:,} more')}</div>" if len(told) > _MOST else ""
    return table([head for head, _ in used], rows) + more


def recalled_html(found: Recalled) -> str:
    """What was recalled."""
    if not found.hits:
        return whole(faint("Nothing fits."))
    return whole(_rows(found.hits, _COLUMNS[Hit]) + faint(found.note))


def context_html(context: Context) -> str:
    """What goes into a turn, and why."""
    count = f"{context.tokens:,} of {context.budget:,} tokens"
    inside = _rows(context.pieces, _COLUMNS[Piece]) if context.pieces else faint("Nothing fits.")
    left = [
        (_source(out.source), _text(out.layer), _text(out.why, 140))
        for out in context.left_out[:_MOST]
    ]
    if left:
        inside += folded(f"{len(context.left_out)} left out", table(("", "", "Why"), left))
    return whole(f"<div>{faint(count)}</div>{inside}")


def difference_html(how: Difference) -> str:
    """How the content of a path differs."""
    if how.kind == "same":
        return whole(f"{code(how.path)} {faint('is the same')}")
    head = f"<div>{code(how.path)} {faint(how.why)}</div>"
    details = how.details
    if how.kind == "table" and isinstance(details, dict):
        return whole(head + _of_table(details))
    if how.kind == "json" and isinstance(details, list):
        rows = [
            (_text(op.get("op")), code(str(op.get("path"))), _json(op.get("value")))
            for op in details if isinstance(op, dict)
        ]  # fmt: skip
        return whole(head + table(("", "Where", "Value"), rows))
    if how.kind == "text" and isinstance(details, list):
        return whole(head + _of_text(details))
    return whole(head + f"<pre>{escape(shorten(json.dumps(details, indent=1), 2_000))}</pre>")


def _of_table(details: Mapping[str, Any]) -> str:
    rows = [
        (_json(cell["row"]), _text(cell["column"]), _json(cell["before"]), _json(cell["after"]))
        for cell in details.get("changed", [])[:_MOST]
    ]
    rows += [("", "row added", "", _json(row, 160)) for row in details.get("added", [])[:_MOST]]
    rows += [("", "row removed", _json(row, 160), "") for row in details.get("removed", [])[:_MOST]]
    columns = details.get("columns", {})
    rows += [("", "column added", "", _text(name)) for name in columns.get("added", [])]
    rows += [("", "column removed", _text(name), "") for name in columns.get("removed", [])]
    key = details.get("key")
    key = key if isinstance(key, str) else "Row"
    return table((escape(key), "Column", "Before", "After"), rows)


def _of_text(hunks: Sequence[Any]) -> str:
    lines = [line for hunk in hunks[:_MOST] for line in hunk.get("lines", [])]
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def merged_html(merged: Merged) -> str:
    """What came of a merge."""
    if merged.conflicts:
        count = len(merged.conflicts)
        said = (
            f"Nothing was changed: {count} {'path needs' if count == 1 else 'paths need'} a choice."
        )
        then = "".join(map(_conflict, merged.conflicts))
        return whole(note_box("waiting", said, then))
    changed = f"{merged.changed} {'path' if merged.changed == 1 else 'paths'} changed"
    return whole(f"{state('completed')} {faint(changed)} {_id(merged.commit)}")


def _conflict(conflict: Conflict) -> str:
    rows = [
        tuple(_lines(hunk.get(side)) for side in ("base", "ours", "theirs"))
        for hunk in conflict.hunks
        if isinstance(hunk, dict)
    ]
    told = table(("Before", "Ours", "Theirs"), rows) if rows else faint("as a whole")
    return f"<div>{code(conflict.path)}</div>{told}"


def _lines(said: Json) -> str:
    if isinstance(said, list) and all(isinstance(line, str) for line in said):
        return "<br>".join(code(shorten(str(line).rstrip("\n"), 80)) for line in said)
    return _json(said)


def verdict_html(verdict: Verdict) -> str:
    """What came of verifying a feed."""
    if verdict.broken:
        said = f"Broken at {verdict.broken.seq}: {escape(verdict.broken.what)}"
        return whole(note_box("failed", said))
    erased = f", {verdict.erased} of them erased" if verdict.erased else ""
    return whole(f"{state('completed')} {faint(f'{verdict.seq:,} links hold{erased}')}")


def sealed_html(sealed: Sealed) -> str:
    """Whether a run is what was sealed."""
    if not sealed.is_intact:
        return whole(note_box("failed", escape(sealed.what)))
    said = "is what was sealed" if sealed.n else "has no seal yet"
    return whole(f"{code(sealed.run)} {faint(said)} {_id(sealed.root)}")


_ALONE: Mapping[type, Callable[[Any], str]] = {
    Context: context_html,
    Difference: difference_html,
    Merged: merged_html,
    Recalled: recalled_html,
    Sealed: sealed_html,
    Verdict: verdict_html,
}


def teach_ipython() -> None:
    """Have the cells of this kernel show them; any other list is shown as it was."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return
    html = shell.display_formatter.formatters["text/html"]
    for kind, make in _ALONE.items():
        html.for_type(kind, make)
    before = html.for_type(list)
    html.for_type(list, lambda told: rows_html(told) or (before(told) if before else None))
