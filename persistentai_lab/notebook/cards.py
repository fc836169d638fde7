"""One thing in a cell, whole: a run, a step of it, what it asks."""

from collections.abc import Sequence
from html import escape

from ..client import Question, RunDetail, StepRecord, Value
from ..client.words import between, lasted
from ..events.view import Recovery, RunView
from ..ids import NodeId
from .html import code, faint, folded, moment, note_box, state, table, titled, trouble, whole
from .known import Known
from .shown import named, value_html
from .step import Source, Step
from .tables import steps_table

_PRE = "margin:0;white-space:pre;overflow-x:auto"


def run_html(
    run: RunDetail, steps: Sequence[Step], view: RunView, known: Known, picture: str = ""
) -> str:
    """A run: how it stands, what it asks, what it survived, its graph, its steps, what it gave."""
    parts = [_head(run, view)]
    if run.error is not None:
        parts.append(trouble(run.error.message, run.error.remedy, at=run.error.node))
    parts += [_question(run.run_id, item) for item in run.open_questions]
    parts += [_recovered(recovery) for recovery in view.recoveries]
    parts += [picture, steps_table(steps, view)]
    if run.status == "completed":
        parts += [_value(name, value_html(value, known)) for name, value in _given(run.outputs)]
    return whole("".join(parts))


def step_html(step: Step, known: Known) -> str:
    """A step: how it stands, what went wrong, what it got and gave, what it said."""
    parts = [_step_head(step)]
    if step.error is not None and step.status != "completed":
        parts.append(trouble(step.error.message, step.error.remedy))
        parts.append(_traceback(step.error.traceback or ""))
    parts.append(titled("Inputs", _inputs(step.sources)))
    given = [_value(name, value_html(value, known)) for name, value in _given(step.record.outputs)]
    parts.append(titled("Outputs", "".join(given)))
    if len(step.tries) > 1:
        parts.append(titled("Attempts", table((), map(_attempt, step.tries))))
    parts.append(_said(step, known))
    return whole("".join(parts))


def questions_html(run_id: str, questions: Sequence[Question]) -> str:
    """What a run asks."""
    asked = "".join(_question(run_id, question) for question in questions)
    return whole(asked or faint("It asks nothing."))


def _given(outputs: dict[str, Value] | None) -> list[tuple[str, Value]]:
    return [*(outputs or {}).items()]


def _head(run: RunDetail, view: RunView) -> str:
    took = between(run.started_at, run.ended_at)
    by = f"by {view.cancelled_by}" if run.status == "cancelled" and view.cancelled_by else ""
    steps = f"{run.steps_done} of {run.steps_total} steps" if run.steps_total else ""
    facts = " · ".join(filter(None, (by, steps, took, _next(run))))
    return (
        f'<div style="padding:4px 0"><b>{escape(run.flow)}</b> &nbsp;{state(run.status)} &nbsp;'
        f"{faint(f'{facts} ·')} {code(run.run_id)}</div>"
    )


def _next(run: RunDetail) -> str:
    """A cell does not move: where to see it move."""
    if run.is_ended:
        return ""
    if run.status == "queued":
        return "waits for a worker; the Runs panel shows it live"
    return "as of now; the Runs panel shows it live"


def _recovered(recovery: Recovery) -> str:
    """Shown with pride: nothing that was recorded ran twice."""
    quiet = recovery.quiet_since
    gap = f" · resumed after {lasted((recovery.at - quiet).total_seconds())}" if quiet else ""
    kept = f"{recovery.recorded} recorded step{'' if recovery.recorded == 1 else 's'} kept"
    anew = f", {recovery.repeated} unfinished begun again" if recovery.repeated else ""
    told = f"<b>Worker stopped here{gap} · 0 steps repeated</b>"
    return note_box("completed", told, kept + anew, sign="backing_off")


def _question(run_id: str, question: Question) -> str:
    """What is asked, of whom, what exactly would happen, and how to answer in Python."""
    whom = f"{', '.join(question.asked)}: " if question.asked else ""
    about = [[escape(name), named(value)] for name, value in (question.inputs or {}).items()]
    shown = table(["", ""], about) if about else ""
    said = f"<b>{escape(whom + question.text)}</b>{shown}"
    run = f"pai.Run({run_id!r})"
    if question.kind == "approval":
        port = next(iter(question.inputs or {}), "port")
        calls = [f"{run}.approve()", f"{run}.approve({port}=…)", f"{run}.reject('…')"]
        then = ", or ".join(map(code, calls))
    else:
        first, *others = question.choices or ("…",)
        then = code(f"{run}.answer({first!r})")
        then += "".join(f", or {code(repr(choice))}" for choice in others)
    until = f" Until {moment(question.due)}." if question.due else ""
    return note_box("waiting", said, f"→ {then}; the Runs panel has buttons for it.{until}")


def _step_head(step: Step) -> str:
    record = step.record
    facts = [
        step.took,
        f"attempt {step.attempts}" if step.attempts > 1 else "",
        record.worker or "",
    ]
    began = f"{faint(' · began')} {moment(step.started_at)}" if step.started_at else ""
    told = " · ".join(filter(None, facts))
    return (
        f'<div style="padding:4px 0"><b>{escape(step.node)}</b> &nbsp;{state(step.status)} &nbsp;'
        f"{faint(told)}{began} {code(step.block)}</div>"
    )


def _inputs(sources: dict[str, Source]) -> str:
    rows = [
        (
            f"<b>{escape(port)}</b>",
            faint(source.text),
            named(source.value, 90) if source.value else "",
        )
        for port, source in sources.items()
    ]
    return table((), rows) if rows else ""


def _value(name: str, shown: str) -> str:
    return f'<div style="margin:4px 0"><b>{escape(name)}</b> {shown}</div>'


def _attempt(record: StepRecord) -> tuple[str, ...]:
    status = "running" if record.status == "started" else record.status
    why = record.error.message if record.error else ""
    took = between(record.started_at, record.ended_at)
    return f"{record.attempt}.", state(status), escape(took), escape(why)


def _traceback(lines: str) -> str:
    if not lines.strip():
        return ""
    return folded("Traceback", f'<pre style="{_PRE}">{escape(lines.rstrip())}</pre>')


def _said(step: Step, known: Known) -> str:
    node = known.view().nodes.get(NodeId(step.node))
    if node is None or not node.logs:
        return ""
    lines = "\n".join(f"{line.at.astimezone():%H:%M:%S}  {line.message}" for line in node.logs)
    hidden = node.log_count - len(node.logs)
    earlier = f"{hidden:,} earlier lines: .logs has all\n" if hidden > 0 else ""
    count = f"{node.log_count:,} line{'' if node.log_count == 1 else 's'} said"
    return folded(count, f'<pre style="{_PRE}">{escape(earlier + lines)}</pre>')
