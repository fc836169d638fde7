import gc
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse

from persistentai_lab.client import Address, Client, Expired, Inline, find_address
from persistentai_lab.errors import (
    AccessDenied,
    Conflict,
    FlowInvalid,
    LabError,
    PayloadExpired,
    Problem,
    RunNotFound,
    RuntimeDown,
    StillRunning,
    Unavailable,
)
from persistentai_lab.flow.model import FlowInput, FlowSpec
from tests.client.gateway_double import problem

FLOW = FlowSpec(name="report", inputs={"n": FlowInput(type={"type": "integer"}, default=None)})


def test_start_sends_flow_inputs_and_a_key(gateway, client):
    started = client.start(FLOW, {"n": 3})

    assert (started.run_id, started.status) == ("r-1", "queued")
    sent = gateway.bodies[0]
    assert sent["inputs"] == {"n": 3}
    assert sent["flow"]["inputs"] == {"n": {"type": {"type": "integer"}, "default": None}}
    assert gateway.requests[0].headers["idempotency-key"]


def test_start_is_repeated_with_the_same_key_while_the_runtime_is_away(gateway, client):
    gateway.refusals = [problem("unavailable", 503, "Postgres is away.", retry_after_s=0.1)]

    client.start(FLOW)

    first, second = (request.headers["idempotency-key"] for request in gateway.requests)
    assert first == second


def test_an_answer_is_not_repeated(gateway, client):
    gateway.refusals = [problem("unavailable", 503, "Postgres is away.")]

    with pytest.raises(Unavailable, match="Postgres is away"):
        client.answer("r-1", "q-1", "yes")

    assert len(gateway.requests) == 1


def test_each_start_has_its_own_key(gateway, client):
    client.start(FLOW)
    client.start(FLOW)

    first, second = (request.headers["idempotency-key"] for request in gateway.requests)
    assert first != second


def test_run_is_read_and_new_fields_are_ignored(gateway, client):
    gateway.detail = {
        "status": "completed",
        "created_at": "2026-11-23T10:00:00Z",
        "outputs": {"result": {"json": {"a": [1]}}},
        "steps": [{"path": "s0/a", "node": "a", "status": "completed", "shade": "blue"}],
        "questions": [{"id": "q", "text": "Go?", "choices": ["yes", "no"], "answer": None}],
    }

    run = client.run("r-1")

    assert run.is_ended
    assert run.created_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert run.outputs == {"result": Inline(json={"a": [1]})}
    assert run.steps[0].path == "s0/a"
    assert run.open_questions[0].choices == ["yes", "no"]


def test_list_asks_for_what_was_wanted(gateway, client):
    assert client.runs(limit=3, status="failed", stuck=True)[0].run_id == "r-1"
    assert dict(gateway.requests[0].query_params) == {
        "limit": "3", "status": "failed", "stuck": "1",
    }  # fmt: skip


def test_blob_keeps_its_media_type(client):
    payload = client.blob("abc")

    assert (payload.data, payload.media_type) == (b"PNG", "image/png")


def test_all_problems_of_a_flow_come_back_typed(gateway, client):
    found = Problem("cycle", "a and b wait for each other.", "Cut one edge.", node="a", port="x")
    gateway.refusals = [problem("flow_invalid", 422, "1 problem", problems=[found.to_json()])]

    with pytest.raises(FlowInvalid) as caught:
        client.start(FLOW)

    assert caught.value.problems == (found,)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("run_not_found", 404, RunNotFound),
        ("conflict", 409, Conflict),
        ("access_denied", 403, AccessDenied),
        ("from_the_future", 422, LabError),
        ("from_the_future", 403, AccessDenied),
    ],
)
def test_problem_becomes_the_error_it_was(gateway, client, code, status, kind):
    gateway.refusals = [problem(code, status, "What is wrong.", remedy="Do this.")]

    with pytest.raises(kind) as caught:
        client.run("r-1")

    error = caught.value
    assert (error.code, error.message, error.remedy) == (code, "What is wrong.", "Do this.")


def test_whoever_is_no_runtime_is_told_apart(gateway, client):
    gateway.refusals = [HTMLResponse("<h1>Hello</h1>"), HTMLResponse("<h1>Where?</h1>", 404)]

    for _ in range(2):
        with pytest.raises(LabError, match="not a PersistentAI runtime"):
            client.run("r-1")


def test_down_runtime_says_how_to_start_it_at_once(tmp_path):
    with (
        Client(Address(socket=tmp_path / "none.sock"), patience_s=60) as client,
        pytest.raises(RuntimeDown) as caught,
    ):
        client.runs()

    assert "persistentai up" in caught.value.remedy


def test_a_runtime_that_is_not_there_leaves_no_socket_open(tmp_path):
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    errors = []
    with Client(Address(socket=tmp_path / "none.sock")) as client:
        for _ in range(20):
            with pytest.raises(RuntimeDown) as caught:
                client.runs()
            errors.append(caught.value)  # and with it all that was on its way

        assert len(os.listdir("/proc/self/fd")) < before + 20


def test_request_survives_a_restart_of_the_gateway(gateway, client):
    client.runs()
    gateway.stop()
    gateway.socket.touch()  # left behind, as after kill -9
    gateway.socket.unlink()
    gateway.start()

    assert client.runs()[0].run_id == "r-1"


def test_token_is_read_anew_for_every_request(gateway, tmp_path):
    token = tmp_path / "token"
    token.write_text("one\n")
    with Client(Address(socket=gateway.socket, token_file=token)) as client:
        client.runs()
        token.write_text("two\n")
        client.runs()

    sent = [request.headers["authorization"] for request in gateway.requests]
    assert sent == ["Bearer one", "Bearer two"]


def test_wait_gives_up_in_time_and_says_that_the_run_goes_on(client):
    with pytest.raises(StillRunning, match="goes on") as caught:
        client.wait("r-1", timeout=0.05)

    assert isinstance(caught.value, TimeoutError)


def test_wait_returns_the_ended_run(gateway, client):
    gateway.status = "completed"

    assert client.wait("r-1").status == "completed"


def test_address_comes_from_the_environment(tmp_path):
    home = str(tmp_path / "home")
    remote = {"PERSISTENTAI_URL": "https://hub.example/ann/", "PERSISTENTAI_TOKEN_FILE": "/t"}

    assert find_address({"PERSISTENTAI_HOME": home}).socket is not None
    assert find_address({"PERSISTENTAI_URL": "unix:///run/g.sock"}).socket == Path("/run/g.sock")
    assert find_address(remote).token_file == Path("/t")
    assert find_address(remote).http == "https://hub.example/ann/persistentai/api/v1"
    assert find_address(remote).websocket == "wss://hub.example/ann/persistentai/api/v1"


def test_import_loads_nothing_heavy():
    heavy = ("httpx", "websockets", "pydantic", "dbos", "fastapi", "asyncio")
    script = (
        "import sys, persistentai_lab.client;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_a_value_that_expired_is_told_as_such(gateway, client):
    left = {
        "expired_at": "2027-03-01T00:00:00Z",
        "sha256": "ab",
        "size": 1200,
        "media_type": "application/json",
    }
    gateway.detail = {"outputs": {"result": left}, "refs": {"path": left}}

    run = client.run("r-1")

    assert isinstance(run.outputs["result"], Expired)
    assert isinstance(run.refs["path"], Expired)
    for read in (client.value, client.json_value):
        with pytest.raises(PayloadExpired, match="no longer kept, since 2027-03-01"):
            read(run.outputs["result"])


def test_a_closed_client_says_so(client):
    client.run("r-1")
    client.close()

    with pytest.raises(Unavailable, match="was closed"):
        client.run("r-1")
