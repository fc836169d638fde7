"""Tables and notes for cells: plain HTML in the colours of the page they stand on."""

from collections.abc import Iterable, Sequence
from html import escape

from ..client import Blob, RunDetail, RunSummary, Trouble, Value
from ..client.words import ago, between, shape, shorten
from ..errors import LabError
from .step import Step

_COLOURS = {
    "running": "var(--jp-brand-color1, #1976d2)",
    "waiting": "var(--jp-warn-color1, #b26a00)",
    "completed": "var(--jp-success-color1, #2e7d32)",
    "failed": "var(--jp-error-color1, #c62828)",
    "timed_out": "var(--jp-error-color1, #c62828)",
}
_FAINT = "color:var(--jp-ui-font-color2, #656d76)"
_CELL = "padding:4px 12px 4px 0;text-align:left;white-space:nowrap"
_FONT = "font-family:var(--jp-ui-font-family, system-ui);font-size:13px"
_MOST_STEPS = 60


def run_html(run: RunDetail, steps: Sequence[Step], picture: str = "") -> str:
    """A run: how it stands, what it asks, its graph, its steps, what it gave."""
    parts = [_head(run)]
    if run.error is not None:
        parts.append(_trouble(run.error))
    parts += [_question(run.run_id, item.text, item.choices) for item in run.open_questions]
    parts += [picture, _steps(steps, run.steps_total)]
    if run.status == "completed" and run.outputs:
        parts.append(_outputs(run.outputs))
    return f'<div style="{_FONT}">{"".join(parts)}</div>'


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
        return (
            f'<div style="{_FONT};{_FAINT}">No runs yet. Start one: <code>flow.run()</code></div>'
        )
    return _table(("Run", "Flow", "State", "Steps", "Started", "Took", ""), rows)


def error_html(error: LabError) -> str:
    """An error: what is wrong, what to do."""
    return f'<div style="{_FONT}">{_trouble(error)}</div>'


def state(status: str) -> str:
    """A state as shape, colour and word."""
    colour = _COLOURS.get(status, "inherit")
    word = escape(status.replace("_", " "))
    return f'<span style="color:{colour}" aria-hidden="true">{shape(status)}</span> {word}'


def _head(run: RunDetail) -> str:
    took = between(run.started_at, run.ended_at)
    facts = " · ".join(filter(None, (f"{run.steps_done}/{run.steps_total} steps", took)))
    seen = "" if run.is_ended else " · evaluate again to see it go on"
    return (
        f'<div style="padding:4px 0"><b>{escape(run.flow)}</b> {_code(run.run_id)} '
        f'{state(run.status)} <span style="{_FAINT}">{escape(facts)}{seen}</span></div>'
    )


def _steps(steps: Sequence[Step], total: int) -> str:
    rows = [
        (
            escape(step.node),
            state(step.status),
            escape(step.took),
            f"{step.attempts}×" if step.attempts > 1 else "",
            _detail(step),
        )
        for step in steps[:_MOST_STEPS]
    ]
    table = _table(("Node", "State", "Took", "", ""), rows) if rows else ""
    hidden = len(steps) - len(rows)
    more = f"{hidden} more steps: <code>run.steps</code>" if hidden else ""
    waiting = "" if steps or not total else "No step has begun."
    return f'{table}<div style="{_FAINT}">{more}{waiting}</div>'


def _detail(step: Step) -> str:
    if step.error is not None:
        return escape(shorten(step.error.message, 90))
    given = step.record.outputs or {}
    told = ", ".join(f"{name}: {_preview(value, 60)}" for name, value in given.items())
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


def _trouble(error: LabError | Trouble) -> str:
    red = _COLOURS["failed"]
    remedy = f"<div>→ {escape(error.remedy)}</div>" if error.remedy else ""
    message = escape(error.message).replace("\n", "<br>")
    return (
        f'<div style="border-left:3px solid {red};padding:4px 12px;margin:4px 0" role="alert">'
        f'<span style="color:{red}" aria-hidden="true">✗</span> {message}{remedy}</div>'
    )


def _question(run_id: str, text: str, choices: Sequence[str] | None) -> str:
    amber = _COLOURS["waiting"]
    example = choices[0] if choices else "…"
    code = escape(f'pai.Run("{run_id}").answer("{example}")')
    offered = f" ({escape(' / '.join(choices))})" if choices else ""
    return (
        f'<div style="border-left:3px solid {amber};padding:4px 12px;margin:4px 0">'
        f'<span style="color:{amber}" aria-hidden="true">☻</span> {escape(text)}{offered}'
        f"<div>→ <code>{code}</code></div></div>"
    )


def _note(run: RunSummary) -> str:
    if run.questions:
        return f"{run.questions} question{'s' if run.questions > 1 else ''} to answer"
    return run.error.message if run.error else ""


def _moment(run: RunSummary) -> str:
    exact = run.created_at.isoformat(timespec="seconds") if run.created_at else ""
    return f'<span title="{exact}">{escape(ago(run.created_at))}</span>'


def _code(text: str) -> str:
    return f'<code style="{_FAINT}">{escape(text)}</code>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col" style="{_CELL};{_FAINT}">{name}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    thead = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return f'<table style="{_FONT};border-collapse:collapse">{thead}<tbody>{body}</tbody></table>'
