"""A notebook whose cells show runs in every state, as somebody else's machine stored them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat

from persistentai_lab.client import wire
from persistentai_lab.examples.penguins import report
from persistentai_lab.flow.model import FlowSpec
from persistentai_lab.notebook.run import Run

BEGAN = datetime.now(UTC) - timedelta(seconds=4)
STATES = ("queued", "running", "recovered", "waiting", "completed", "failed", "cancelled")
_ERROR = {
    "code": "node_error",
    "message": "There are no penguins called 'Gento'.",
    "remedy": "Write one of the names in the column `species`: Adelie, Chinstrap, Gentoo.",
    "node": "bootstrap_gentoo",
}
_QUESTION = {
    "id": "q-1",
    "text": "The worker stopped while pay.invoice was changing the world. Nobody can tell whether "
    "it did. Run it again, take it as done, or let it fail?",
    "choices": ["again", "done", "fail"],
    "node": "bootstrap_adelie",
}
_BEGUN = ("read", "complete", "census", "summary")


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat()


class _Canned:
    """As much of a client as a run asks for when it shows itself."""

    def __init__(self, state: str) -> None:
        self._state = state

    def run(self, run_id: str) -> wire.RunDetail:
        return wire.read(wire.RunDetail, _detail(self._state, run_id))

    def flow(self, run_id: str) -> FlowSpec:
        return report.spec

    def events(self, run_id: str, *, after: int = 0) -> list[wire.RunEvent]:
        return [wire.read(wire.RunEvent, item) for item in _events(self._state)][after:]


def _step(node: str, status: str, start: float, end: float | None, **more: Any) -> dict[str, Any]:
    return {
        "path": f"s0/{node}", "node": node, "status": status, "attempt": 1,
        "started_at": at(start), "ended_at": None if end is None else at(end), **more,
    }  # fmt: skip


def _detail(state: str, run_id: str) -> dict[str, Any]:
    done = [
        _step(name, "completed", 0.1 * n, 0.1 * n + 0.02, outputs={"result": {"json": [n, "$x$"]}})
        for n, name in enumerate(_BEGUN)
    ]
    steps, more = done, {}
    match state:
        case "queued":
            steps = []
        case "running":
            steps = [*done, _step("bootstrap_adelie", "started", 0.5, None)]
        case "recovered":
            steps = [*done, _step("bootstrap_adelie", "started", 3, None, attempt=2)]
        case "waiting":
            steps = [*done, _step("bootstrap_adelie", "started", 0.5, None)]
            more = {"questions": [_QUESTION]}
        case "completed":
            given = {
                "result": {"json": "| species | mean |\n|:--------|-----:|\n| Adelie  | 3701 |"}
            }
            steps = [*done, _step("join", "completed", 1, 1.2, outputs=given)]
            more = {"outputs": given, "ended_at": at(1.2)}
        case "failed":
            steps = [*done, _step("bootstrap_gentoo", "failed", 1, 1.1, error=_ERROR)]
            more = {"error": _ERROR, "ended_at": at(1.1)}
        case "cancelled":
            steps = [*done, _step("bootstrap_adelie", "started", 0.5, None)]
            more = {"ended_at": at(2)}
    return {
        "run_id": run_id, "flow": "report", "created_at": at(0),
        "started_at": None if state == "queued" else at(0.05),
        "status": "running" if state == "recovered" else state,
        "steps": steps, "steps_done": len(done) if steps else 0, "steps_total": 13, **more,
    }  # fmt: skip


def _events(state: str) -> list[dict[str, Any]]:
    paths = {node.id: f"s0/{node.id}" for node in report.spec.nodes}
    facts: list[tuple[float, str | None, dict[str, Any]]] = [
        (0, None, {"type": "run.created", "flow": "report", "flow_hash": "f", "steps": 13}),
        (0, None, {"type": "plan.compiled", "plan_hash": "p", "paths": paths}),
    ]
    started = {"type": "node.started", "block": "m:f", "worker": "w1"}
    lost = {"type": "run.recovered", "worker": "w2", "lost_worker": "w1", "recorded": 4}
    if state in ("running", "recovered", "waiting", "cancelled"):
        facts.append((0.5, "bootstrap_adelie", started))
    if state in ("recovered",):
        facts.append((1.9, None, lost | {"repeated": 1}))
        facts.append((1.95, "bootstrap_adelie", started))
    if state in ("running", "recovered"):
        progress = {"type": "node.progressed", "done": 12, "total": 20}
        facts.append((2, "bootstrap_adelie", progress))
    if state == "waiting":
        asked = {"type": "human.requested", "question": "q-1", "choices": _QUESTION["choices"]}
        facts.append((2, "bootstrap_adelie", asked | {"text": _QUESTION["text"]}))
    if state == "failed":
        error = {key: _ERROR[key] for key in ("code", "message", "remedy")}
        facts.append(
            (1.1, "bootstrap_gentoo", {"type": "node.failed", "duration_s": 0.1, "error": error})
        )
        facts.append((1.1, "intervals", {"type": "node.skipped", "cause": "bootstrap_gentoo"}))
    if state == "cancelled":
        facts.append((2, None, {"type": "run.cancelled", "by": "ada", "reason": ""}))
    return [
        {
            "workspace": "default", "run": "r-1", "seq": seq, "at": at(seconds), "owner": "ada",
            "caller": "ada", "path": paths.get(node or ""), "node": node,
            "attempt": 1 if node else None, "event": fact,
        }
        for seq, (seconds, node, fact) in enumerate(facts, 1)
    ]  # fmt: skip


def shown(state: str) -> str:
    """The HTML of a run in this state."""
    return Run(f"r-01jd8x{state}", client=_Canned(state))._repr_html_()  # type: ignore[arg-type]


def write(path: Path) -> None:
    """Store a notebook with a flow and a run in each state. Nobody has signed it."""
    cells = [
        _cell("report", report._repr_html_()),
        *(_cell(f"# {s}\nrun", shown(s)) for s in STATES),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def _cell(source: str, html: str) -> Any:
    output = nbformat.v4.new_output(
        "execute_result", data={"text/html": html, "text/plain": "not this"}, execution_count=1
    )
    return nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)
