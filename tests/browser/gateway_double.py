"""A gateway's double with one run in every state, and a stream that can be cut. For looks only."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

PREFIX = "/persistentai/api/v1"
NOW = datetime.now(UTC)


def before(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


def run(run_id: str, flow: str, status: str, age: float, **more: object) -> dict[str, object]:
    return {
        "run_id": run_id,
        "flow": flow,
        "status": status,
        "owner": "ada",
        "caller": "ada",
        "created_at": before(age),
        "started_at": before(age - 0.1) if status != "queued" else None,
        "ended_at": None,
        "steps_done": 3,
        "steps_total": 9,
        "questions": 0,
        "error": None,
        **more,
    }


RUNS = [
    run("r-01jd8x5k2mq7", "penguin_report", "running", 12),
    run("r-01jd8x4h9vbb", "nightly_summary_of_everything_that_happened", "queued", 3),
    run("r-01jd8wz0s3td", "pay_invoices", "waiting", 7300, questions=1),
    run("r-01jd8wy6f2aa", "penguin_report", "completed", 400, ended_at=before(396), steps_done=9),
    run(
        "r-01jd8wx1c7ce",
        "fetch_prices",
        "failed",
        90_000,
        ended_at=before(89_990),
        error={"code": "node_error", "message": "The server at prices.example said 502."},
    ),
    run("r-01jd8wv8p0dd", "train_model", "cancelled", 180_000, ended_at=before(179_000)),
    run(
        "r-01jd8wt7n5ee",
        "train_model",
        "timed_out",
        260_000,
        ended_at=before(259_000),
        expired_at=before(10),
    ),
]

_VALUE = {"media_type": "application/json", "size": 48, "sha256": None}
_ERROR = {"code": "timed_out", "message": "No answer within 2 s.", "remedy": "", "traceback": None}


_ASKS = {
    "type": "human.requested",
    "question": "s0/p1/pay#1",
    "text": "The worker stopped while mail.send was changing the world. Nobody can tell whether it "
    "did. Run it again, take it as done, or let it fail?",
    "choices": ["again", "done", "fail"],
}


def asking() -> list[dict[str, object]]:
    """The story of the run that waits for a person."""
    facts: list[tuple[str | None, dict[str, object]]] = [
        (None, {"type": "run.created", "flow": "pay_invoices", "flow_hash": "f", "steps": 2}),
        (None, {"type": "plan.compiled", "plan_hash": "p", "paths": {"read": "s0", "pay": "s1"}}),
        (None, {"type": "run.started", "worker": "w1"}),
        ("pay", {"type": "node.started", "block": "mail.send", "worker": "w1"}),
        (None, {"type": "run.recovered", "worker": "w2", "lost_worker": "w1", "recorded": 1,
                "repeated": 0}),
        ("pay", _ASKS),
        (None, {"type": "run.paused", "reason": "waiting for a person"}),
    ]  # fmt: skip
    return [
        _envelope(RUNS[2]["run_id"], seq, node, fact) for seq, (node, fact) in enumerate(facts, 1)
    ]


def _envelope(
    run_id: object, seq: int, node: str | None, fact: dict[str, object]
) -> dict[str, object]:
    return {
        "workspace": "default", "run": run_id, "seq": seq, "at": before(12 - seq * 0.4),
        "owner": "ada", "caller": "ada", "path": None, "node": node,
        "attempt": 1 if node else None, "event": fact,
    }  # fmt: skip


def events() -> list[dict[str, object]]:
    """The story of the first run: branches, a retry, a worker lost and another that took over."""
    nodes = ["read", "complete", "census", "bootstrap", "bootstrap_2", "describe", "table"]
    paths = {name: f"s0/p{n}/{name}" for n, name in enumerate(nodes)}

    def done(node: str, seconds: float, preview: object) -> tuple[str | None, dict[str, object]]:
        outputs = {"result": {**_VALUE, "preview": preview}}
        return node, {"type": "node.completed", "duration_s": seconds, "outputs": outputs}

    def started(node: str) -> tuple[str | None, dict[str, object]]:
        return node, {"type": "node.started", "block": "m:f", "worker": "w1"}

    lost = {"worker": "w2", "lost_worker": "w1", "recorded": 3, "repeated": 1}
    facts: list[tuple[str | None, dict[str, object]]] = [
        (None, {"type": "run.created", "flow": "penguin_report", "flow_hash": "f", "steps": 7}),
        (None, {"type": "plan.compiled", "plan_hash": "p", "paths": paths}),
        (None, {"type": "run.queued", "leg": 1}),
        (None, {"type": "run.started", "worker": "w1"}),
        started("read"),
        done("read", 0.043, [{"species": "Adelie", "mass_g": 3750}]),
        started("complete"),
        done("complete", 0.002, "342 rows"),
        started("census"),
        done("census", 0.001, [{"species": "Adelie", "Biscoe": 44, "Dream": 56}]),
        started("bootstrap"),
        (None, {"type": "run.recovered", **lost}),
        ("bootstrap", {"type": "node.retried", "cause": "worker_lost", "wait_s": 0, "error": None}),
        started("bootstrap"),
        ("bootstrap", {"type": "node.progressed", "done": 12, "total": 20}),
        started("bootstrap_2"),
        (
            "describe",
            {"type": "node.failed", "duration_s": 2.0, "error": _ERROR},
        ),
        ("table", {"type": "node.skipped", "cause": "describe"}),
    ]
    return [
        {
            "workspace": "default",
            "run": RUNS[0]["run_id"],
            "seq": seq,
            "at": before(12 - seq * 0.4),
            "owner": "ada",
            "caller": "ada",
            "path": paths.get(node) if node else None,
            "node": node,
            "attempt": (2 if seq > 12 else 1) if node else None,
            "event": fact,
        }
        for seq, (node, fact) in enumerate(facts, 1)
    ]


async def list_runs(request: Request) -> JSONResponse:
    return JSONResponse({"runs": request.app.state.runs})


async def set_runs(request: Request) -> JSONResponse:
    request.app.state.runs = RUNS if (await request.json())["full"] else []
    return JSONResponse({})


async def cancel(request: Request) -> JSONResponse:
    one = {**RUNS[0], "status": "cancelled", "ended_at": before(0)}
    request.app.state.runs = [one, *RUNS[1:]]
    return JSONResponse({"status": "cancelled"}, status_code=202)


async def health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok", "database": True, "workers": 1, "version": "0"})


async def answer(request: Request) -> JSONResponse:
    """Of two answers one wins."""
    given, state = (await request.json())["answer"], request.app.state
    if state.somebody_was_first:
        told = {"code": "conflict", "detail": "grace has answered this question already."}
        return JSONResponse(told, status_code=409)
    state.answers.append((request.path_params["question"], given))
    fact = {"type": "human.answered", "question": _ASKS["question"], "answer": given, "by": "ada"}
    state.asking.append(_envelope(RUNS[2]["run_id"], 8, "pay", fact))
    state.answered.set()
    return JSONResponse({"status": "queued"})


async def set_question(request: Request) -> JSONResponse:
    state = request.app.state
    state.somebody_was_first = (await request.json())["somebody_was_first"]
    state.asking, state.answers, state.answered = asking(), [], asyncio.Event()
    return JSONResponse({})


async def list_questions(request: Request) -> JSONResponse:
    is_open = len(request.app.state.asking) < 8 and request.app.state.runs
    asked = {"id": _ASKS["question"], "run_id": RUNS[2]["run_id"], "flow": RUNS[2]["flow"]}
    more = {"node": "pay", "kind": "doubt", "asked": [], "asked_at": before(7200), "due": None}
    found = [{**asked, **more, "text": _ASKS["text"]}] if is_open else []
    return JSONResponse({"questions": found})


async def get_answers(request: Request) -> JSONResponse:
    return JSONResponse(request.app.state.answers)


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    after, state = int(socket.query_params.get("after", 0)), socket.app.state
    asks = socket.path_params["run_id"] == RUNS[2]["run_id"]
    for envelope in (state.asking if asks else events())[after:]:
        await socket.send_text(json.dumps(envelope))
    if asks and len(state.asking) < 8:
        await state.answered.wait()
        await socket.send_text(json.dumps(state.asking[-1]))
    await asyncio.Event().wait()


def app() -> Starlette:
    made = Starlette(
        routes=[
            Route(PREFIX + "/health", health),
            Route(PREFIX + "/runs", list_runs),
            Route(PREFIX + "/runs", set_runs, methods=["PUT"]),
            Route(PREFIX + "/runs/{run_id}/cancel", cancel, methods=["POST"]),
            Route(PREFIX + "/questions", list_questions),
            Route(PREFIX + "/double/questions", set_question, methods=["PUT"]),
            Route(PREFIX + "/double/answers", get_answers),
            Route(
                PREFIX + "/runs/{run_id}/questions/{question:path}/answer", answer, methods=["POST"]
            ),
            WebSocketRoute(PREFIX + "/runs/{run_id}/events", stream),
        ]
    )
    made.state.runs = RUNS
    made.state.somebody_was_first = False
    made.state.asking, made.state.answers, made.state.answered = asking(), [], asyncio.Event()
    return made


if __name__ == "__main__":
    uvicorn.run(app(), uds=sys.argv[1], log_level="warning", timeout_graceful_shutdown=1)
