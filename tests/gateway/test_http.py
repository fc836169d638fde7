"""The API as strangers see it: typed answers, problems with remedies, no way in without a token."""

import os
import socket
import time
from pathlib import Path

import httpx

from persistentai_lab.gateway.serve import IDLE_CONNECTION_S
from persistentai_lab.jupyter.runtime import _NO_LIMITS
from persistentai_lab.security.identity import IDENTITY_HEADER, Identity, identity_key, sign
from tests.gateway.conftest import API, Gateway
from tests.runtime import Runtime, flow, node, until

ADD = flow(node("a", "numbers.add", left=1, right=2), outputs={"sum": "a"}).model_dump(mode="json")


def test_a_client_lets_go_of_an_idle_connection_long_before_the_gateway_does() -> None:
    for limits in (httpx.Limits(), _NO_LIMITS):
        assert limits.keepalive_expiry is not None
        assert limits.keepalive_expiry * 10 < IDLE_CONNECTION_S


def test_a_run_is_started_looked_at_and_listed(gateway: Gateway, runtime: Runtime) -> None:
    gateway.start()
    runtime.worker()

    answer = gateway.http.post("/runs", json={"flow": ADD}, headers={"Idempotency-Key": "once"})
    again = gateway.http.post("/runs", json={"flow": ADD}, headers={"Idempotency-Key": "once"})

    assert answer.status_code == 201
    run = answer.json()["run_id"]
    assert again.json()["run_id"] == run
    runtime.ended(run)
    detail = gateway.http.get(f"/runs/{run}").json()
    assert detail["outputs"] == {"sum": {"json": 3.0}}
    assert [(s["node"], s["status"]) for s in detail["steps"]] == [("a", "completed")]
    (listed,) = gateway.http.get("/runs").json()["runs"]
    assert (listed["run_id"], listed["steps_done"], listed["questions"]) == (run, 1, 0)
    events = gateway.http.get(f"/runs/{run}/events", params={"after": 3, "limit": 2}).json()
    assert [event["seq"] for event in events["events"]] == [4, 5]
    assert gateway.http.get(f"/runs/{run}/flow").json()["name"] == "test"
    assert gateway.http.get("/runs", params={"stuck": 1}).json() == {"runs": []}


def test_everything_wrong_with_a_flow_is_said_at_once(gateway: Gateway) -> None:
    gateway.start()
    broken = flow(node("a", "no.such"), node("b", "numbers.add", left="x"), edges=("b > b.right",))
    body = {"flow": broken.model_dump(mode="json")}

    answer = gateway.http.post("/runs", json=body)
    checked = gateway.http.post("/flows/check", json=body).json()

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "flow_invalid"
    codes = {(found["node"], found["code"]) for found in problem["problems"]}
    assert ("a", "unknown_block") in codes
    assert any(where == "b" for where, _ in codes)
    assert all(found["remedy"] for found in problem["problems"])
    assert checked["problems"] == problem["problems"]


def test_a_flow_file_from_a_newer_release_is_refused_with_the_remedy(gateway: Gateway) -> None:
    gateway.start()

    answer = gateway.http.post("/runs", json={"flow": ADD | {"schema_version": 99}})

    assert answer.status_code == 422
    assert "update" in str(answer.json()["problems"]).lower()


def test_what_is_not_there_and_what_is_malformed_have_codes(gateway: Gateway) -> None:
    gateway.start()

    assert gateway.http.get("/runs/r-none").json()["code"] == "run_not_found"
    assert gateway.http.get("/runs/r-none/events").status_code == 404
    assert gateway.http.post("/runs/r-none/cancel").status_code == 404
    assert gateway.http.get("/nothing").json()["code"] == "not_found"
    nul = gateway.http.get("/runs/%00")
    assert (nul.status_code, nul.json()["code"]) == (404, "not_found")
    malformed = gateway.http.post("/runs", json={"flow": ADD, "surplus": 1})
    assert (malformed.status_code, malformed.json()["code"]) == (422, "bad_request")
    assert gateway.http.get("/blobs/abc").json()["code"] == "blob_missing"


def test_the_interface_is_published(gateway: Gateway) -> None:
    gateway.start()

    paths = gateway.http.get("/openapi.json").json()["paths"]

    assert f"{API}/runs/{{run_id}}/cancel" in paths
    assert len(gateway.http.get("/blocks").json()["blocks"]) >= 15
    plan = gateway.http.post("/flows/plan", json={"flow": ADD}).json()
    assert "a" in plan["text"]
    assert plan["mermaid"].startswith(("flowchart", "graph"))


def test_over_tcp_nobody_gets_in_without_the_token(gateway: Gateway, free_port: int) -> None:
    gateway.start("--host", "127.0.0.1", "--port", str(free_port))
    base = f"http://127.0.0.1:{free_port}{API}"

    def answers() -> bool:
        try:
            return httpx.get(f"{base}/health").status_code == 200
        except httpx.TransportError:
            return False

    until(answers, "the gateway answers")
    token = gateway.home.token_file.read_text().strip()

    refused = httpx.get(f"{base}/runs", timeout=60)
    wrong = httpx.get(f"{base}/runs", headers={"Authorization": "Bearer wrong"}, timeout=60)
    let_in = httpx.get(f"{base}/runs", headers={"Authorization": f"Bearer {token}"}, timeout=60)

    assert (refused.status_code, refused.json()["code"]) == (403, "access_denied")
    assert wrong.status_code == 403
    assert let_in.status_code == 200


def test_a_signed_identity_sees_its_workspace_only(gateway: Gateway, runtime: Runtime) -> None:
    gateway.start()
    key = identity_key(gateway.home)

    def headers(workspace: str) -> dict[str, str]:
        who = Identity(user="ada", workspace=workspace)  # type: ignore[arg-type]
        return {IDENTITY_HEADER: sign(who, key, time.time())}

    run = gateway.http.post("/runs", json={"flow": ADD}, headers=headers("w1")).json()["run_id"]

    assert runtime.run(run)["owner"] == "ada"
    assert runtime.run(run)["workspace"] == "w1"
    assert gateway.http.get(f"/runs/{run}", headers=headers("w1")).status_code == 200
    assert gateway.http.get(f"/runs/{run}", headers=headers("w2")).status_code == 404
    assert gateway.http.post(f"/runs/{run}/cancel", headers=headers("w2")).status_code == 404
    assert gateway.http.get("/runs", headers=headers("w2")).json() == {"runs": []}
    forged = {IDENTITY_HEADER: sign(Identity(user="eve"), b"another key" * 4, time.time())}
    assert gateway.http.get("/runs", headers=forged).status_code == 403


def test_without_a_database_it_answers_503_and_says_what_to_do(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, f"postgresql://postgres@/none?host={tmp_path}")
    try:
        gateway.start()

        health = gateway.http.get("/health").json()
        answer = gateway.http.post("/runs", json={"flow": ADD}, timeout=60)
        listing = gateway.http.get("/runs", timeout=60)
    finally:
        gateway.stop()

    assert (health["status"], health["database"]) == ("degraded", False)
    for refused in (answer, listing):
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert refused.json()["code"] == "unavailable"
        assert "persistentai status" in refused.json()["remedy"]


def test_a_body_that_never_ends_is_refused(gateway: Gateway) -> None:
    gateway.start()

    def endless():  # type: ignore[no-untyped-def]
        for _ in range(80):
            yield b" " * 1024 * 1024

    try:
        answer = gateway.http.post("/runs", content=endless(), timeout=60)
    except httpx.WriteError:
        return  # closed in our face: as good
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_taken_port_is_said_in_one_line(gateway: Gateway, free_port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        process = gateway.start("--host", "127.0.0.1", "--port", str(free_port))
        code = process.wait(60)

    said = (gateway.home.path.parent / "gateway.log").read_text()
    assert code != 0
    assert str(free_port) in said
    assert "Traceback" not in said


def test_the_socket_is_private(gateway: Gateway) -> None:
    gateway.start()

    assert os.stat(gateway.socket).st_mode & 0o077 == 0
    assert os.stat(Path(gateway.socket).parent).st_mode & 0o077 == 0


def test_a_run_is_forked_and_replayed_over_http(gateway: Gateway, runtime: Runtime) -> None:
    gateway.start()
    runtime.worker()
    run = gateway.http.post("/runs", json={"flow": ADD}).json()["run_id"]
    runtime.ended(run)
    once = {"Idempotency-Key": "once"}

    fork = gateway.http.post(f"/runs/{run}/fork", json={"values": {"a": {"right": 5}}})
    replay = gateway.http.post(f"/runs/{run}/replay", headers=once)
    again = gateway.http.post(f"/runs/{run}/replay", headers=once)
    nothing = gateway.http.post("/runs/r-nothing/replay")

    assert (fork.status_code, replay.status_code) == (201, 201)
    assert again.json()["run_id"] == replay.json()["run_id"]
    assert (nothing.status_code, nothing.json()["code"]) == (404, "run_not_found")
    assert runtime.ended(fork.json()["run_id"])["outputs"] == {"sum": {"json": 6.0}}
    runtime.ended(replay.json()["run_id"])
    detail = gateway.http.get(f"/runs/{replay.json()['run_id']}").json()
    assert detail["outputs"]["result"]["json"]["verdict"] == "identical"
    assert detail["replays"] == run
    refused = gateway.http.post(f"/runs/{detail['run_id']}/fork", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_a_run_is_paused_stepped_changed_and_let_go(gateway: Gateway, runtime: Runtime) -> None:
    gateway.start()
    runtime.worker()
    http = gateway.http
    two = flow(
        node("a", "numbers.add", left=1, right=2),
        node("b", "numbers.add", right=10),
        edges=("a > b.left",),
        outputs={"sum": "b"},
    ).model_dump(mode="json")

    started = http.post("/runs", json={"flow": two, "paused": True, "breakpoints": {"a": None}})
    run = started.json()["run_id"]
    assert started.json()["status"] == "paused"
    path = f"/runs/{run}"
    assert http.delete(f"{path}/breakpoints/a").status_code == 200
    assert http.put(f"{path}/breakpoints/b", json={"when": "left > 1"}).status_code == 200
    assert http.post(f"{path}/step").json()["wish"] == "step"
    until(lambda: http.get(path).json()["steps"], "the step was taken")
    until(lambda: http.get(path).json()["status"] == "paused", "and only that")
    changed = http.put(f"{path}/values/a", json={"values": {"result": 5}})
    assert changed.json() == {"run_id": run, "status": "paused", "wish": None}
    assert http.post(f"{path}/resume").status_code == 202
    until(lambda: http.get(path).json()["status"] == "paused", "the breakpoint")
    detail = http.get(path).json()
    http.post(f"{path}/resume")
    runtime.ended(run)

    assert detail["breakpoints"]["b"]["when"] == "left > 1"
    assert detail["steps"][0]["outputs"] == {"result": {"json": 5}}
    assert [(c["port"], c["side"], c["by"]) for c in detail["changes"]] == [
        ("result", "output", Identity.local().user)
    ]
    assert http.get(path).json()["outputs"] == {"sum": {"json": 15.0}}
    for refused, code in (
        (http.post(f"{path}/pause"), "run_ended"),
        (http.post("/runs/r-none/pause"), "run_not_found"),
        (http.put(f"{path}/values/a", json={"values": {"result": 5}}), "run_ended"),
    ):
        assert refused.json()["code"] == code
        assert refused.json()["remedy"]


def test_values_that_expired_are_told_as_such_over_http(gateway: Gateway, runtime: Runtime) -> None:
    gateway.start()
    runtime.worker()
    run = gateway.http.post("/runs", json={"flow": ADD}).json()["run_id"]
    runtime.ended(run)
    assert gateway.http.get("/retention").json()["due"]["runs"] == 0
    policy = {"keep_days": 0, "keep_failed_days": 0, "keep_last": 0}

    assert gateway.http.post("/retention/would", json=policy).json()["runs"] == 1
    assert gateway.http.put("/retention", json=policy).json()["policy"] == policy
    swept = gateway.http.post("/retention/sweep").json()

    assert (swept["runs"], swept["more"]) == (1, False)
    detail = gateway.http.get(f"/runs/{run}").json()
    assert detail["expired_at"] is not None
    assert detail["outputs"]["sum"].keys() == {"expired_at", "sha256", "size", "media_type"}
    assert gateway.http.get("/runs").json()["runs"][0]["expired_at"] is not None
    refused = gateway.http.post(f"/runs/{run}/fork", json={})
    assert (refused.status_code, refused.json()["code"]) == (410, "payload_expired")
    assert refused.json()["remedy"]
    bad = gateway.http.put("/retention", json={"keep_days": -1})
    assert bad.status_code == 422
