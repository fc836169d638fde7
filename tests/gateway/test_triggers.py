"""Schedules, webhooks and signals, as Python, a terminal and strangers meet them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import numbers, records
from persistentai_lab.cli import main
from persistentai_lab.client import Address, Client
from persistentai_lab.engine.triggers.schedules import ScheduleInPast
from persistentai_lab.engine.triggers.webhooks import BODY_MAX
from persistentai_lab.errors import LabError, TraceError
from persistentai_lab.ids import RunId
from persistentai_lab.notebook.runtime import runtime as the_notebooks_own
from tests.gateway.conftest import Gateway
from tests.runtime import Runtime


@pai.flow
def add(left: int, right: int = 2) -> float:
    return numbers.add(left, right)


@pai.flow
def keep(body: dict[str, Any]) -> Any:
    return records.put("delivered", body)


@pai.flow
def order(number: int) -> Any:
    slept = pai.sleep(0.001, number)
    gone = pai.gate(slept, opens_on="ready", timeout="1d", at_timeout="open")
    paid = pai.wait_for("paid", match={"order": 17}, value=dict, timeout="2d", after=gone)
    return pai.emit("done", paid, keep="1h")


@pytest.fixture
def client(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    gateway.start()
    monkeypatch.setenv("PERSISTENTAI_URL", f"unix:{gateway.socket}")
    with Client(Address(socket=gateway.home.gateway_socket)) as client:
        yield client
    the_notebooks_own().close()


@pytest.fixture
def command(
    client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    def run(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["persistentai", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert not ended.value.code, said.err
        return said.out

    return run


def test_a_schedule_is_made_listed_switched_and_dropped(client: Client) -> None:
    made = pai.schedule(add, cron="0 8 * * *", zone="Europe/Berlin", inputs={"left": 1})
    assert (made.name, made.flow, made.inputs) == ("add", "add", {"left": 1})
    assert made.next_at is not None
    assert made.next_at > datetime.now(UTC)

    again = pai.schedule(add, cron="0 8 * * *", zone="Europe/Berlin", inputs={"left": 2})
    client.triggers.switch("schedules", "add", on=False)

    (listed,) = client.triggers.schedules()
    assert (listed.inputs, listed.is_on, again.next_at) == ({"left": 2}, False, made.next_at)
    client.triggers.drop("schedules", "add")
    assert client.triggers.schedules() == []
    with pytest.raises(LabError) as gone:
        client.triggers.switch("schedules", "add", on=True)
    assert gone.value.code == "schedule_not_found"


def test_a_time_that_is_over_is_told_as_itself(client: Client) -> None:
    with pytest.raises(ScheduleInPast):
        pai.schedule(add, at=datetime.now(UTC) - timedelta(days=1), inputs={"left": 1})


def test_a_stranger_who_knows_the_address_starts_the_flow(
    client: Client, gateway: Gateway, runtime: Runtime, free_port: int
) -> None:
    made = pai.webhook(keep)
    assert made.path is not None
    assert pai.webhook(keep).path is None
    runtime.worker()
    stranger = gateway.stranger

    sent = stranger.post(made.path, json={"n": 1}, headers={"webhook-id": "d-1"})
    again = stranger.post(made.path, json={"n": 1}, headers={"webhook-id": "d-1"})
    other = stranger.post(made.path, json={"n": 2}, headers={"webhook-id": "d-1"})
    large = stranger.post(made.path, content=b'"' + b"x" * BODY_MAX + b'"')
    wrong = stranger.post(made.path, json=[1])
    lost = stranger.post(f"{made.path}x", json={})

    assert (sent.status_code, again.json()["run_id"]) == (202, sent.json()["run_id"])
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "flow_invalid")
    assert (lost.status_code, lost.json()["code"]) == (404, "webhook_not_found")
    assert runtime.ended(RunId(sent.json()["run_id"]))["status"] == "completed"
    assert runtime.record("delivered") == {"n": 1}
    (listed,) = client.triggers.webhooks()
    assert listed.received == 2
    assert made.path.rpartition("/")[2] not in str(client.triggers.webhooks())
    told = client.triggers.deliveries("keep")
    assert [it.status for it in told if it.named == "d-1"][-1] == 202
    assert {it.error.code for it in told if it.error} >= {"flow_invalid"}

    moved = client.triggers.rotate("keep").path
    assert moved is not None
    assert stranger.post(made.path, json={"n": 1}).status_code == 404
    assert stranger.post(moved, json={"n": 3}).status_code == 202


def test_the_door_for_strangers_opens_nothing_else_over_tcp(
    gateway: Gateway, client: Client, free_port: int
) -> None:
    path = pai.webhook(keep).path
    gateway.start("--port", str(free_port))
    base = f"http://127.0.0.1:{free_port}"
    wait = httpx.HTTPTransport(retries=20)
    with httpx.Client(transport=wait, base_url=base, trust_env=False, timeout=60) as stranger:
        assert stranger.post(str(path), json={}).status_code == 202
        for listed in ("schedules", "webhooks"):
            assert stranger.get(f"/persistentai/api/v1/{listed}").status_code == 403
        assert stranger.post("/persistentai/api/v1/signals/x", json={}).status_code == 403


def test_a_flow_that_waits_is_written_and_told_in_python(client: Client, runtime: Runtime) -> None:
    runtime.worker()
    run = order.run(number=17, client=client)
    pai.emit("ready")
    runtime.reached(RunId(run.id), "waiting")

    pai.emit("paid", {"order": 16})
    first = pai.emit("paid", {"order": 17}, key="k")
    assert pai.emit("paid", {"order": 17}, key="k") == first

    assert run.result() == {"order": 17}
    (done,) = runtime.rows("SELECT * FROM pai.signal WHERE name = 'done'")
    assert (done["value"], done["run"]) == ({"order": 17}, run.id)


@pytest.mark.parametrize("time", [-1, 0, "soon", float("inf"), datetime(2030, 1, 1)])
def test_what_is_no_time_is_told_where_it_is_written(time: Any) -> None:
    with pytest.raises(TraceError):

        @pai.flow
        def wrong() -> Any:
            return pai.sleep(time)


def test_a_terminal_does_all_of_it(command: Callable[..., str], runtime: Runtime) -> None:
    mine = f"{__name__}:add"
    assert "No schedules" in command("schedules")
    assert "next at" in command("schedules", "add", mine, "--cron", "@daily", "-i", "left=1")
    assert "@daily" not in command("schedules")
    assert "0 0 * * *" in command("schedules", "list")
    assert "at rest" in command("schedules", "off", "add")
    assert "at work" in command("schedules", "on", "add")
    assert command("schedules", "run", "add").startswith("r-")
    assert "gone" in command("schedules", "remove", "add")
    assert "No webhooks" in command("webhooks")
    made = command("webhooks", "add", f"{__name__}:keep", "--signature", "standard")
    assert "/persistentai/hooks/" in made
    assert "whsec_" in made
    assert "address stays" in command(
        "webhooks", "add", f"{__name__}:keep", "--signature", "standard"
    )
    assert '"received": 0' in command("webhooks", "--json")
    assert "Nothing was sent" in command("webhooks", "deliveries", "keep")
    assert "whsec_" in command("webhooks", "rotate", "keep", "--secret", "--no-address")
    assert "whsec_" not in command("webhooks", "rotate", "keep")
    assert "number" in command("emit", "hello", '{"a": 1}')


def test_the_api_describes_it(gateway: Gateway, client: Client) -> None:
    paths = gateway.http.get("/openapi.json").json()["paths"]

    for path in ("schedules/{name}", "webhooks/{name}", "signals/{name}"):
        assert f"/persistentai/api/v1/{path}" in paths
    assert "/persistentai/hooks/{token}" in paths
