"""What a panel asks of the gateway to show schedules and webhooks, and to make and mend them."""

import httpx
import pytest

from persistentai_lab.engine.triggers import deliveries
from persistentai_lab.engine.triggers.webhooks import BodyInvalid
from persistentai_lab.flow.codec import dumps
from tests.engine.test_webhooks import KEEP, deliver, made
from tests.gateway.conftest import Gateway
from tests.runtime import Runtime


@pytest.fixture
def http(gateway: Gateway, runtime: Runtime) -> httpx.Client:
    gateway.start()
    runtime.worker()
    return gateway.http


def ran(http: httpx.Client, runtime: Runtime, body: object) -> str:
    """A run that has ended."""
    spec = httpx.Response(200, text=dumps(KEEP)).json()
    run: str = http.post("/runs", json={"flow": spec, "inputs": {"body": body}}).json()["run_id"]
    assert runtime.ended(run)["status"] == "completed"  # type: ignore[arg-type]
    return run


def test_a_schedule_is_made_of_a_run_and_started_by_hand(
    http: httpx.Client, runtime: Runtime
) -> None:
    ran(http, runtime, {"n": 1})
    newest = ran(http, runtime, {"n": 2})
    (version,) = http.get("/versions").json()["versions"]
    assert (version["flow"], version["run_id"], version["runs"]) == ("test", newest, 2)

    when = {"cron": "30 7 * * mon-fri", "zone": "Europe/Berlin"}
    times = http.post("/schedules/times", json=when).json()
    asked = when | {"like": newest, "inputs": {"body": {"n": 3}}}
    kept = http.put("/schedules/every/morning", json=asked).json()
    assert (kept["words"], kept["next_at"]) == (times["words"], times["times"][0])
    assert times["words"] == "At 07:30, Monday through Friday"
    assert len(set(times["times"])) == 5

    again = {"Idempotency-Key": "k"}
    started = http.post("/schedules/every/morning/run", headers=again).json()["run_id"]
    assert http.post("/schedules/every/morning/run", headers=again).json()["run_id"] == started
    assert runtime.ended(started)["status"] == "completed"
    assert runtime.record("got") == {"n": 3}
    (listed,) = http.get("/schedules").json()["schedules"]
    assert [(it["run_id"], it["status"]) for it in listed["recent"]] == [(started, "completed")]
    assert (listed["last_run"], listed["fired"]) == (started, 1)
    assert listed["next_at"] == kept["next_at"]

    wrong = http.put("/schedules/x", json=when | {"like": newest, "inputs": {"body": 7}}).json()
    assert (wrong["code"], wrong["problems"][0]["port"]) == ("flow_invalid", "body")
    assert http.put("/schedules/x", json=when | {"like": "r-none"}).json()["code"] == (
        "run_not_found"
    )
    assert http.put("/schedules/x", json=when).json()["code"] == "flow_unclear"
    assert http.post("/schedules/times", json={"cron": "0 0 30 2 *"}).json()["code"] == (
        "schedule_invalid"
    )


def test_a_webhook_tells_what_came_of_deliveries_and_changes_its_secrets(
    http: httpx.Client, gateway: Gateway, runtime: Runtime
) -> None:
    like = ran(http, runtime, {"n": 1})
    signed = http.put("/webhooks/orders", json={"like": like, "signature": "github"}).json()
    stranger = gateway.stranger
    assert stranger.post(signed["path"], json={"n": 1}).status_code == 403

    calm = http.put("/webhooks/calm", json={"like": like}).json()
    named = {"X-GitHub-Delivery": "d-1"}
    first = stranger.post(calm["path"], json={"n": 1}, headers=named).json()["run_id"]
    stranger.post(calm["path"], json={"n": 1}, headers=named)
    stranger.post(calm["path"], content=b"no json")
    runtime.ended(first)
    told = http.get("/webhooks/calm/deliveries").json()["deliveries"]
    assert [(it["status"], it["run"], it["named"]) for it in told] == [
        (422, None, None),
        (200, first, "d-1"),
        (202, first, "d-1"),
    ]
    by_name = {it["name"]: it for it in http.get("/webhooks").json()["webhooks"]}
    assert by_name["calm"]["takes"]["body"]["type"] == {"type": "object"}
    assert by_name["calm"]["last_delivery"]["error"]["code"] == "body_invalid"
    assert by_name["orders"]["last_delivery"]["error"]["code"] == "signature_wrong"
    assert [it["run_id"] for it in by_name["calm"]["recent"]] == [first]

    other = http.post("/webhooks/calm/rotate", json={"address": True}).json()
    assert stranger.post(calm["path"], json={}).status_code == 404
    sent = stranger.post(other["path"], json={"n": 9})
    assert sent.status_code == 202
    runtime.ended(sent.json()["run_id"])
    signs = http.post("/webhooks/orders/rotate", json={"secret": True}).json()
    assert signs["path"] is None
    assert signs["secret"] not in (None, signed["secret"])
    assert http.get("/webhooks/none/deliveries").json()["code"] == "webhook_not_found"


def test_of_deliveries_the_last_ones_are_kept(runtime: Runtime) -> None:
    token = made(runtime).token
    assert token is not None
    for n in range(deliveries.KEPT + 3):
        with pytest.raises(BodyInvalid):
            deliver(runtime, token, b"no json", webhook_id=str(n))

    kept = [row["named"] for row in runtime.rows("SELECT named FROM pai.delivery ORDER BY n")]
    assert kept == [str(n) for n in range(3, deliveries.KEPT + 3)]
