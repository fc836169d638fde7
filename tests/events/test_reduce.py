"""The fold of events, against fixtures that its TypeScript twin passes too."""

import copy
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.events import model
from persistentai_lab.events.contracts import FILE, typescript
from persistentai_lab.events.model import Envelope
from persistentai_lab.events.reduce import _node, _run, reduce, reduce_all
from persistentai_lab.events.view import LOGS_KEPT, RunView
from persistentai_lab.events.wire import Unread, read_envelope

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("*.json"))
UI = Path(__file__).parents[2] / "labextension" / "ui"
EVENT_TYPES = get_args(get_args(model.Event)[0])


@pytest.fixture(params=FIXTURES, ids=lambda file: file.stem)
def fixture(request: pytest.FixtureRequest) -> Any:
    return json.loads(request.param.read_text("utf-8"))


def envelopes(fixture: Any) -> list[Envelope | Unread]:
    return [read_envelope(event) for event in fixture["events"]]


def test_events_one_by_one_make_the_expected_view(fixture: Any) -> None:
    view = RunView()
    for envelope in envelopes(fixture):
        view = reduce(view, envelope)

    assert view.to_json() == fixture["view"]


def test_all_events_at_once_make_the_same_view(fixture: Any) -> None:
    assert reduce_all(RunView(), envelopes(fixture)).to_json() == fixture["view"]


def test_a_view_read_back_from_json_goes_on_where_it_stood(fixture: Any) -> None:
    events = envelopes(fixture)
    for cut in range(len(events)):
        early = reduce_all(RunView(), events[:cut])
        late = reduce_all(RunView.from_json(early.to_json()), events[cut:])

        assert late.to_json() == fixture["view"]


def test_events_seen_already_change_nothing(fixture: Any) -> None:
    view = reduce_all(RunView(), envelopes(fixture))

    assert reduce_all(view, envelopes(fixture)) is view


def test_no_view_that_was_handed_out_changes_later(fixture: Any) -> None:
    view = RunView()
    for envelope in envelopes(fixture):
        before = copy.deepcopy(view)
        after = reduce(view, envelope)
        assert view == before
        view = after


def test_counts_add_up_to_the_nodes(fixture: Any) -> None:
    view = RunView()
    for envelope in envelopes(fixture):
        view = reduce(view, envelope)
        statuses = [node.status for node in view.nodes.values()]

        assert {status: statuses.count(status) for status in view.counts} == view.counts


@given(st.data())
def test_events_that_come_doubled_or_late_are_folded_once(data: st.DataObject) -> None:
    """A reader that reconnects too early reads some events twice."""
    fixture = json.loads(data.draw(st.sampled_from(FIXTURES)).read_text("utf-8"))
    events = envelopes(fixture)
    received: list[Envelope | Unread] = []
    for position, envelope in enumerate(events):
        back = data.draw(st.integers(0, position))
        received += [*events[position - back : position], envelope]

    assert reduce_all(RunView(), received).to_json() == fixture["view"]


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_event_means_something(kind: type) -> None:
    handled = {*_node.registry, *_run.registry}

    assert kind in handled


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_some_fixture_shows_every_event(kind: Any) -> None:
    shown = {
        event["event"]["type"]
        for file in FIXTURES
        for event in json.loads(file.read_text("utf-8"))["events"]
    }

    assert kind.model_fields["type"].default in shown


def envelope(seq: int, event: model.Event, **place: Any) -> Envelope:
    at = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=seq)
    return Envelope(
        workspace="default", run="r-1", seq=seq, at=at, owner="ada", caller="ada", event=event,
        **place,
    )  # fmt: skip


def test_a_run_that_ended_leaves_no_node_running() -> None:
    started = model.NodeStarted(block="clock.wait", worker="w-1")
    view = reduce_all(
        RunView(),
        [
            envelope(1, started, node="a", path="p0/a", attempt=1),
            envelope(2, model.RunCancelled(by="ada")),
        ],
    )

    assert view.nodes["a"].status == "cancelled"
    assert view.is_ended


def test_only_the_last_log_lines_are_kept_and_all_are_counted() -> None:
    view = reduce_all(
        RunView(),
        [
            envelope(n, model.NodeLogged(level="info", message=str(n)), node="a", path="a")
            for n in range(1, LOGS_KEPT + 11)
        ],
    )

    node = view.nodes["a"]
    assert [line.message for line in node.logs] == [str(n) for n in range(11, LOGS_KEPT + 11)]
    assert node.log_count == LOGS_KEPT + 10


def test_an_open_question_is_found_until_it_is_answered() -> None:
    place = {"node": "pay", "path": "s0/pay", "attempt": 1}
    asked = model.HumanRequested(question="q", text="Again?", choices=("yes", "no"))
    waiting = reduce(RunView(), envelope(1, asked, **place))
    answered = reduce(
        waiting, envelope(2, model.HumanAnswered(question="q", answer="yes", by="ada"), **place)
    )

    assert waiting.open_questions["pay"].text == "Again?"
    assert answered.open_questions == {}
    assert answered.nodes["pay"].question.answer == "yes"


def test_the_error_of_a_failed_attempt_stays_until_one_succeeds() -> None:
    place = {"node": "a", "path": "a"}
    error = model.ErrorInfo(code="node_error", message="HTTP 503")
    started = model.NodeStarted(block="web.get", worker="w")
    again = reduce_all(
        RunView(),
        [
            envelope(1, model.NodeRetried(cause="failed", error=error), attempt=2, **place),
            envelope(2, started, attempt=2, **place),
        ],
    )
    done = reduce(
        again, envelope(3, model.NodeCompleted(duration_s=1, outputs={}), attempt=2, **place)
    )

    assert again.nodes["a"].error == error
    assert (again.nodes["a"].status, again.nodes["a"].attempt) == ("running", 2)
    assert done.nodes["a"].error is None


def test_what_is_no_envelope_is_refused() -> None:
    with pytest.raises(ValueError, match="seq"):
        read_envelope({"event": {"type": "run.created"}})


def test_the_typescript_contract_is_fresh() -> None:
    assert FILE.read_text("utf-8") == typescript(), (
        "Run `python -m persistentai_lab.events.contracts`."
    )


def test_the_typescript_twin_passes_the_same_fixtures(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, so the TypeScript twin was not tested")
    esbuild = UI.parent / "node_modules" / ".bin" / "esbuild"
    assert esbuild.exists(), "Install the front end's packages first: npm ci, in labextension."
    built = tmp_path / "reduce.test.mjs"
    source = UI / "src" / "events" / "reduce.test.ts"
    subprocess.run(
        [esbuild, source, "--bundle", "--platform=node", "--format=esm", f"--outfile={built}"],
        check=True,
        capture_output=True,
        cwd=UI,
    )

    run = subprocess.run(
        [node, "--test", "--test-reporter=tap", built],
        capture_output=True,
        text=True,
        cwd=UI,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-5000:]
    assert f"# pass {4 * len(FIXTURES) + 1}\n" in run.stdout
