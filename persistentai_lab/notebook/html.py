"""Tables and notes for cells: plain HTML in the colours of the page they stand on."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from ..client import Blob, RunDetail, RunSummary, Trouble, Value
from ..client.words import ago, between, lasted, shape, shorten
from ..errors import LabError
from ..ids import NodeId
from .step import Step

if TYPE_CHECKING:
    from ..events.view import NodeView, Recovery, RunView

_COLOURS = {
    "running": "color:#1e88e5;color:var(--jp-brand-color1, #1e88e5)",
    "retrying": "color:#1e88e5;color:var(--jp-brand-color1, #1e88e5)",
    "waiting": "color:#c77700;color:var(--jp-warn-color0, #c77700)",
    "completed": "color:#388e3c;color:var(--jp-success-color0, #388e3c)",
    "failed": "color:#e53935;color:var(--jp-error-color1, #e53935)",
    "timed_out": "color:#e53935;color:var(--jp-error-color1, #e53935)",
}
"""Said twice, because Lab lets no variable pass in a notebook that it doesn't trust."""
_WORDS = {"pending": "not started", "retrying": "trying again", "waiting": "waiting for you"}
_FAINT = "color:#76808a;color:var(--jp-ui-font-color2, #656d76)"
_CELL = "padding:2px 16px 2px 0;text-align:left;vertical-align:top;white-space:nowrap"
_FONT = "font-family:var(--jp-ui-font-family, system-ui);font-size:13px;line-height:20px"
_MOST_STEPS = 60


def run_html(run: RunDetail, steps: Sequence[Step], view: "RunView", picture: str = "") -> str:
    """A run: how it stands, what it asks, what it survived, its graph, its steps, what it gave."""
    parts = [_head(run, view)]
    if run.error is not None:
        parts.append(_trouble(run.error, at=run.error.node))
    parts += [_question(run.run_id, item.text, item.choices) for item in run.open_questions]
    parts += [_recovered(recovery) for recovery in view.recoveries]
    parts += [picture, _steps(steps, view)]
    if run.status == "completed" and run.outputs:
        parts.append(_outputs(run.outputs))
    return _whole_of("".join(parts))


def runs_html(runs: Iterable[RunSummary]) -> str:
    """A table of runs."""
    rows = [
        (
            _code(run.run_id),
            escape(run.flow),
            state(run.status),
            f"{run.steps_done}/{run.steps_total}",
            _moment(run),
            escape(between(run.started_at, run.ended_at)),
            escape(shorten(_note(run), 70)),
        )
        for run in runs
    ]
    if not rows:
        return _whole_of(
            f'<span style="{_FAINT}">No runs yet. Start one: <code>flow.run()</code></span>'
        )
    return _whole_of(_table(("Run", "Flow", "State", "Steps", "Started", "Took", ""), rows))


def error_html(error: LabError) -> str:
    """An error: what is wrong, what to do."""
    return _whole_of(_trouble(error))


def state(status: str) -> str:
    """A state as shape, colour and word."""
    colour = _COLOURS.get(status, "")
    word = escape(_WORDS.get(status, status.replace("_", " ")))
    return f'<span style="{colour}" aria-hidden="true">{shape(_as_shape(status))}</span> {word}'


def _as_shape(status: str) -> str:
    return {"pending": "queued", "retrying": "backing_off"}.get(status, status)


def _whole_of(inside: str) -> str:
    """What a person reads here may hold a dollar sign; it is no formula for that."""
    return f'<div class="mathjax_ignore" style="{_FONT}">{inside}</div>'


def _head(run: RunDetail, view: "RunView") -> str:
    took = between(run.started_at, run.ended_at)
    by = f"by {view.cancelled_by}" if run.status == "cancelled" and view.cancelled_by else ""
    steps = f"{run.steps_done} of {run.steps_total} steps" if run.steps_total else ""
    facts = " · ".join(filter(None, (by, steps, took, _next(run))))
    return (
        f'<div style="padding:4px 0"><b>{escape(run.flow)}</b> &nbsp;{state(run.status)} &nbsp;'
        f'<span style="{_FAINT}">{escape(facts)} · {_code(run.run_id)}</span></div>'
    )


def _next(run: RunDetail) -> str:
    """A cell does not move: where to see it move."""
    if run.is_ended:
        return ""
    if run.status == "queued":
        return "waits for a worker; the Runs panel shows it live"
    return "as of now; the Runs panel shows it live"


def _recovered(recovery: "Recovery") -> str:
    """Shown with pride: nothing that was recorded ran twice."""
    quiet = recovery.quiet_since
    gap = f" · resumed after {lasted((recovery.at - quiet).total_seconds())}" if quiet else ""
    kept = f"{recovery.recorded} recorded step{'' if recovery.recorded == 1 else 's'} kept"
    anew = f", {recovery.repeated} unfinished begun again" if recovery.repeated else ""
    told = f"<b>Worker stopped here{gap} · 0 steps repeated</b>"
    return _note_box("completed", told, kept + anew, sign="backing_off")


def _steps(steps: Sequence[Step], view: "RunView") -> str:
    known = {step.node for step in steps}
    ahead = [(name, node) for name, node in view.nodes.items() if name not in known]
    rows = [_row(step, view.nodes.get(NodeId(step.node))) for step in steps]
    rows += [_skipped(name, node) for name, node in ahead if node.status == "skipped"]
    table = _table(("Node", "State", "Took", ""), rows[:_MOST_STEPS]) if rows else ""
    hidden = len(rows) - _MOST_STEPS
    more = f"<div>{hidden} more: <code>run.steps</code> has all</div>" if hidden > 0 else ""
    return table + more + _not_begun([name for name, node in ahead if node.status == "pending"])


def _not_begun(names: Sequence[str]) -> str:
    if not names:
        return ""
    listed = shorten(", ".join(sorted(names)), 160)
    return f'<div style="{_FAINT}">{state("pending")}: {escape(listed)}</div>'


def _row(step: Step, node: "NodeView | None") -> tuple[str, ...]:
    status = node.status if node is not None and node.status != "pending" else step.status
    again = f" · {step.attempts}×" if step.attempts > 1 else ""
    return (
        escape(step.node),
        state(status),
        escape(step.took) + again,
        _progress(node) if status == "running" else _detail(step, status),
    )


def _skipped(name: str, node: "NodeView") -> tuple[str, ...]:
    cause = f"because of {node.skipped_by}" if node.skipped_by else ""
    said = f'<span style="{_FAINT}">{escape(cause)}</span>'
    return escape(name), state(node.status), "", said


def _progress(node: "NodeView | None") -> str:
    if node is None or node.progress is None or not node.progress.total:
        return ""
    share = min(node.progress.done / node.progress.total, 1.0)
    return f'<span style="{_FAINT}">{share:.0%}</span>'


def _detail(step: Step, status: str) -> str:
    if step.error is not None and status != "completed":
        return escape(shorten(step.error.message, 90))
    given = step.record.outputs or {}
    told = ", ".join(
        _preview(value, 60) if name == "result" else f"{name}: {_preview(value, 60)}"
        for name, value in given.items()
    )
    return f'<span style="{_FAINT}">{escape(shorten(told, 90))}</span>'


def _outputs(outputs: dict[str, Value]) -> str:
    rows = [(f"<b>{escape(name)}</b>", _whole(value)) for name, value in outputs.items()]
    return _table((), rows)


def _whole(value: Value) -> str:
    if isinstance(value, Blob) or not isinstance(value.json, str) or "\n" not in value.json:
        return f"<code>{escape(_preview(value, 300))}</code>"
    lines = value.json.splitlines()
    more = f"\n… {len(lines) - 30} more lines" if len(lines) > 30 else ""
    text = escape("\n".join(lines[:30]) + more)
    return f'<pre style="margin:0;white-space:pre">{text}</pre>'


def _preview(value: Value, width: int) -> str:
    if isinstance(value, Blob):
        return f"{value.media_type}, {value.size:,} bytes"
    return shorten(value.json if isinstance(value.json, str) else repr(value.json), width)


def _trouble(error: LabError | Trouble, at: str | None = None) -> str:
    place = f"<b>{escape(at)}</b>: " if at else ""
    message = escape(error.message).replace("\n", "<br>")
    remedy = f"→ {_with_code(error.remedy)}" if error.remedy else ""
    return _note_box("failed", place + message, remedy, role="alert")


def _question(run_id: str, text: str, choices: Sequence[str] | None) -> str:
    first, *others = choices or ("…",)
    code = f"<code>{escape(f'pai.Run({run_id!r}).answer({first!r})')}</code>"
    listed = "".join(f", or <code>{escape(repr(choice))}</code>" for choice in others)
    then = f"→ {code}{listed}; the Runs panel has buttons for it"
    return _note_box("waiting", f"<b>{escape(text)}</b>", then)


def _note_box(state: str, said: str, then: str = "", *, sign: str = "", role: str = "note") -> str:
    edge = _COLOURS[state][len("color:") :].partition(";")[0]
    under = f"<div>{then}</div>" if then else ""
    return (
        f'<div style="border-left:3px solid {edge};padding:4px 12px;margin:4px 0" role="{role}">'
        f'<span style="{_COLOURS[state]}" aria-hidden="true">{shape(sign or state)}</span> '
        f"{said}{under}</div>"
    )


def _with_code(text: str) -> str:
    """`code in backticks` of a remedy as code."""
    parts = [escape(part) for part in text.split("`")]
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _note(run: RunSummary) -> str:
    if run.questions:
        return f"{run.questions} question{'s' if run.questions > 1 else ''} to answer"
    return run.error.message if run.error else ""


def _moment(run: RunSummary) -> str:
    exact = run.created_at.isoformat(timespec="seconds") if run.created_at else ""
    return f'<span title="{exact}">{escape(ago(run.created_at))}</span>'


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col" style="{_CELL};{_FAINT}">{name}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    thead = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return f'<table style="{_FONT};border-collapse:collapse">{thead}<tbody>{body}</tbody></table>'
