"""Views without a Jupyter page reach the gateway through the kernel, and nothing else."""

import json
import threading

import pytest

from persistentai_lab.errors import AccessDenied
from persistentai_lab.notebook.display import Carrier
from persistentai_lab.widgets.flow import FlowWidget
from persistentai_lab.widgets.tunnel import MOST_STREAMS, below_root
from tests.client.gateway_double import problem, run_of
from tests.widgets.conftest import Wire

API = "persistentai/api/v1"


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def shown(client, wire):
    made = FlowWidget(None, gateway=Carrier(lambda: client), run_id="r-1")
    made.comm = wire
    yield made
    made.close()


def fetched(wire):
    answer, (body,) = wire.said("fetched")
    return answer, json.loads(bytes(body))


def test_a_request_is_answered_as_the_gateway_answers_it(gateway, shown, wire):
    wire.say(shown, type="fetch", id="v.1", path=f"{API}/runs/r-1", method="GET", body=None)

    answer, body = fetched(wire)
    assert (answer["id"], answer["status"], answer["media_type"]) == (
        "v.1", 200, "application/json",
    )  # fmt: skip
    assert body["run_id"] == "r-1"


def test_a_command_travels_with_its_body(gateway, shown, wire):
    path = f"{API}/runs/r-1/questions/q/answer"
    wire.say(shown, type="fetch", id="v.1", path=path, method="POST", body='{"answer": "yes"}')

    answer, _ = wire.said("fetched")
    assert answer["status"] == 202
    assert gateway.bodies == [{"answer": "yes"}]


def test_a_refusal_comes_as_the_problem_that_it_is(gateway, shown, wire):
    gateway.refusals = [problem("conflict", 409, "Ended already.", remedy="Nothing to do.")]

    wire.say(shown, type="fetch", id="v.1", path=f"{API}/runs/r-1/cancel", method="POST")

    answer, body = fetched(wire)
    assert answer["status"] == 409
    assert (body["code"], body["detail"], body["remedy"]) == (
        "conflict", "Ended already.", "Nothing to do.",
    )  # fmt: skip


def test_a_gateway_that_is_away_is_a_problem_with_a_remedy(gateway, shown, wire):
    gateway.stop()
    gateway.socket.unlink()

    wire.say(shown, type="fetch", id="v.1", path=f"{API}/runs/r-1")

    answer, body = fetched(wire)
    assert (answer["status"], body["code"]) == (503, "runtime_down")
    assert "persistentai up" in body["remedy"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/persistentai/api/v1/runs",
        "persistentai/api/v1/",
        "persistentai/api/v1//evil.example/runs",
        "persistentai/api/v1/../../../api/kernels",
        "persistentai/api/v1/%2e%2e/status",
        "persistentai/api/v1/runs/..%2f..%2fhub",
        "persistentai/api/v1/runs\\..\\x",
        "persistentai/static/ui.js",
        "https://evil.example/persistentai/api/v1/runs",
    ],
)
def test_only_what_lies_below_the_api_passes(gateway, shown, wire, path):
    with pytest.raises(AccessDenied):
        below_root(path)

    wire.say(shown, type="fetch", id="v.1", path=path)

    assert fetched(wire)[0]["status"] == 403
    assert gateway.requests == []


def test_only_methods_of_the_api_are_carried(gateway, shown, wire):
    wire.say(shown, type="fetch", id="v.1", path=f"{API}/runs", method="TRACE")

    assert fetched(wire)[0]["status"] == 403


def test_events_come_as_they_happen_and_the_end_is_told(gateway, shown, wire):
    gateway.events = run_of(4)

    wire.say(shown, type="open", id="v.1", path=f"{API}/runs/r-1/events?after=1")

    assert wire.said("opened")[0]["id"] == "v.1"
    events = [json.loads(wire.said("event")[0]["data"]) for _ in range(3)]
    assert [event["seq"] for event in events] == [2, 3, 4]
    assert events[-1]["event"]["type"] == "run.completed"
    assert wire.said("closed")[0]["code"] == 1000
    assert gateway.afters == [1]


def test_a_stream_of_no_run_is_closed_as_the_gateway_closes_it(shown, wire):
    wire.say(shown, type="open", id="v.1", path=f"{API}/runs/r-2/events?after=0")

    assert wire.said("closed")[0]["code"] == 4404


def test_nothing_but_events_is_a_stream(gateway, shown, wire):
    wire.say(shown, type="open", id="v.1", path=f"{API}/runs/r-1")

    assert wire.said("closed")[0]["code"] == 4404
    assert gateway.afters == []


def _streams():
    return [thread for thread in threading.enumerate() if thread.name.startswith("view-v.")]


def test_a_thread_ends_with_the_view_that_it_reads_for(gateway, shown, wire):
    gateway.events = run_of(5)[:2]
    wire.say(shown, type="open", id="v.1", path=f"{API}/runs/r-1/events?after=0")
    wire.said("event")
    (thread,) = _streams()

    wire.say(shown, type="close", id="v.1")

    thread.join(60)
    assert not thread.is_alive()


def test_all_threads_end_with_the_widget(gateway, shown, wire):
    gateway.events = run_of(5)[:2]
    for number in range(3):
        wire.say(shown, type="open", id=f"v.{number}", path=f"{API}/runs/r-1/events?after=0")
        wire.said("event")
    threads = _streams()

    shown.close()

    for thread in threads:
        thread.join(60)
    assert len(threads) == 3
    assert not any(thread.is_alive() for thread in threads)


def test_a_page_that_has_lost_count_of_its_streams_is_refused(gateway, shown, wire):
    gateway.events = run_of(5)[:1]
    for number in range(MOST_STREAMS + 1):
        wire.say(shown, type="open", id=f"v.{number}", path=f"{API}/runs/r-1/events?after=0")

    closed, _ = wire.said("closed")

    assert (closed["id"], closed["code"]) == (f"v.{MOST_STREAMS}", 1013)
