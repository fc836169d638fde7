"""Lists as tables of a cell: runs, steps, events, what bodies said."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from ..client import RunEvent, RunSummary
from ..client.words import between, lasted, shorten
from ..events.view import NodeView, RunView
from ..ids import Json, NodeId
from .html import code, faint, moment, state, table, whole
from .log import LogLine
from .shown import named
from .step import Step

_MOST_STEPS = 60
_MOST_LINES = 200
"""What a notebook shows, it also stores."""


def runs_html(runs: Iterable[RunSummary]) -> str:
    """A table of runs."""
    rows = [
        (
            code(run.run_id),
            escape(run.flow),
            state(run.status),
            f"{run.steps_done}/{run.steps_total}",
            moment(run.created_at),
            escape(between(run.started_at, run.ended_at)),
            escape(shorten(_note(run), 70)),
        )
        for run in runs
    ]
    if not rows:
        return whole(f"{faint('No runs yet. Start one:')} <code>flow.run()</code>")
    return whole(table(("Run", "Flow", "State", "Steps", "Started", "Took", "Note"), rows))


def steps_html(steps: Sequence[Step]) -> str:
    """A table of steps."""
    return whole(steps_table(steps) or faint("No steps."))


def steps_table(steps: Sequence[Step], view: RunView | None = None) -> str:
    """The steps that have begun or never will; those that are still to come, by name."""
    nodes: Mapping[NodeId, NodeView] = view.nodes if view is not None else {}
    known = [(step, nodes.get(NodeId(step.node))) for step in steps]
    rows = [_row(step, node) for step, node in known if _status(step, node) != "pending"]
    ahead = sorted(step.node for step, node in known if _status(step, node) == "pending")
    shown = table(("Node", "State", "Took", "Outcome"), rows[:_MOST_STEPS]) if rows else ""
    hidden = len(rows) - _MOST_STEPS
    more = f"<div>{hidden} more: <code>run['…']</code> shows any</div>" if hidden > 0 else ""
    return shown + more + (_not_begun(ahead) if ahead else "")


def logs_html(lines: Sequence[LogLine]) -> str:
    """What bodies said."""
    if not lines:
        return whole(faint("Nothing was said."))
    rows = [
        (
            _clock(line.at.isoformat(), f"{line.at.astimezone():%H:%M:%S}"),
            escape(line.node),
            escape("" if line.level == "info" else line.level),
            escape(shorten(line.message, 200)),
        )
        for line in lines[-_MOST_LINES:]
    ]
    return whole(_hidden(len(lines), "line") + table(("At", "Node", "Level", "Said"), rows))


def events_html(events: Sequence[RunEvent]) -> str:
    """What has happened so far."""
    if not events:
        return whole(faint("Nothing has happened yet."))
    rows = [
        (
            str(event.seq),
            _clock(event.at.isoformat(), f"{event.at.astimezone():%H:%M:%S.%f}"[:-3]),
            code(event.type),
            escape(event.node or ""),
            faint(shorten(_told(event.event), 90)),
        )
        for event in events[-_MOST_LINES:]
    ]
    return whole(_hidden(len(events), "event") + table(("", "At", "Event", "Node", ""), rows))


def _hidden(count: int, noun: str) -> str:
    hidden = count - _MOST_LINES
    return (
        f"<div>{faint(f'{hidden:,} earlier {noun}s: iterate to see all')}</div>"
        if hidden > 0
        else ""
    )


def _told(fact: Mapping[str, Json]) -> str:
    known: dict[str, object] = {
        name: value for name, value in fact.items() if name != "type" and value
    }
    error = known.get("error")
    if isinstance(error, dict):
        known["error"] = error.get("message")
    duration = known.pop("duration_s", None)
    told = [lasted(duration)] if isinstance(duration, int | float) else []
    return "  ".join([*told, *(f"{name}={value}" for name, value in known.items())])


def _clock(exact: str, told: str) -> str:
    return f'<span title="{escape(exact)}">{told}</span>'


def _not_begun(names: Sequence[str]) -> str:
    return f"<div>{state('pending')}: {faint(shorten(', '.join(names), 160))}</div>"


def _status(step: Step, node: NodeView | None) -> str:
    return node.status if node is not None and node.status != "pending" else step.status


def _row(step: Step, node: NodeView | None) -> tuple[str, ...]:
    status = _status(step, node)
    again = f" · {step.attempts}×" if step.attempts > 1 else ""
    return escape(step.node), state(status), escape(step.took) + again, _detail(step, node, status)


def _why_skipped(node: NodeView) -> str:
    if node.skipped_because == "race":
        return f"stopped: {node.lost_to or 'another'} was first"
    if node.skipped_because == "failed":
        return f"stopped: {node.skipped_by} failed beside it"
    if node.skipped_because == "timed_out":
        return f"stopped: the time of {node.skipped_by} was over"
    return f"because of {node.skipped_by}"


def _detail(step: Step, node: NodeView | None, status: str) -> str:
    if status == "running":
        return _progress(node)
    if status == "skipped":
        return faint(_why_skipped(node) if node and node.skipped_by else "")
    if step.error is not None and status != "completed":
        return escape(shorten(step.error.message, 90))
    given = step.record.outputs or {}
    return ", ".join(
        named(value) if name == "result" else f"{escape(name)}: {named(value)}"
        for name, value in given.items()
    )


def _progress(node: NodeView | None) -> str:
    if node is None or node.progress is None or not node.progress.total:
        return ""
    return faint(f"{min(node.progress.done / node.progress.total, 1.0):.0%}")


def _note(run: RunSummary) -> str:
    if run.questions:
        return f"{run.questions} question{'s' if run.questions > 1 else ''} to answer"
    return run.error.message if run.error else ""
