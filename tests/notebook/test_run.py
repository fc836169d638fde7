import asyncio
import threading
import time

import pytest

import persistentai_lab as pai
from persistentai_lab.client import Blob, Inline, RunSummary
from persistentai_lab.errors import (
    CannotRead,
    Conflict,
    NodeNotFound,
    PayloadExpired,
    RunFailed,
    RunNotFound,
    StillRunning,
)
from persistentai_lab.notebook.runs import Runs
from persistentai_lab.notebook.shown import value_html
from tests.client.gateway_double import envelope, run_of

STEP = {
    "path": "s0/top", "node": "top", "block": "lists.take", "status": "completed", "attempt": 1,
    "started_at": "2026-11-23T10:00:00Z", "ended_at": "2026-11-23T10:00:02Z",
    "outputs": {"result": {"json": [1, 2]}},
}  # fmt: skip
FLOW = {
    "schema_version": 1, "name": "report", "inputs": {}, "outputs": {},
    "nodes": [{"id": "top", "block": "lists.take", "version": 1, "values": {}}], "edges": [],
}  # fmt: skip
ERROR = {"code": "wrong_type", "message": "Not a <list>.", "remedy": "Make it one."}
QUESTION = {"id": "q-1", "text": "Pay?", "choices": ["yes", "no"], "answer": None}


def completed(gateway, **outputs):
    gateway.status = "completed"
    gateway.detail = {"outputs": {name: {"json": value} for name, value in outputs.items()}}


def test_result_of_a_flow_with_one_output_is_the_value(gateway, client):
    completed(gateway, result=[1, 2])

    assert pai.Run("r-1", client=client).result() == [1, 2]


def test_result_of_a_flow_with_named_outputs_has_the_names(gateway, client):
    completed(gateway, mean=1.5, rows=[])

    assert pai.Run("r-1", client=client).result() == {"mean": 1.5, "rows": []}


def test_value_that_travels_by_reference_is_fetched(gateway, client):
    gateway.status = "completed"
    blob = {"ref": "abc", "media_type": "application/octet-stream", "size": 3}
    gateway.detail = {"outputs": {"result": blob}}
    gateway.blob_type = "application/octet-stream"

    assert pai.Run("r-1", client=client).result() == b"PNG"


def test_await_gives_the_result_while_the_loop_goes_on(gateway, client):
    gateway.events = run_of(3)[:2]

    async def main():
        async def end():
            await asyncio.sleep(0.05)
            completed(gateway, result=7)
            gateway.events = run_of(3)

        result, _ = await asyncio.gather(pai.Run("r-1", client=client), end())
        return result

    assert asyncio.run(main()) == 7


def test_await_that_is_given_up_leaves_no_thread(gateway, client):
    gateway.events = run_of(3)[:2]

    async def main():
        await asyncio.wait_for(pai.Run("r-1", client=client), 0.2)

    with pytest.raises(TimeoutError):
        asyncio.run(main())

    for thread in threading.enumerate():
        if thread.name == "wait-r-1":
            thread.join(60)
            assert not thread.is_alive()


def test_failed_run_says_where_why_and_what_to_do(gateway, client):
    gateway.status = "failed"
    gateway.detail = {"error": ERROR, "steps": [STEP | {"status": "failed", "error": ERROR}]}

    with pytest.raises(RunFailed) as caught:
        pai.Run("r-1", client=client).result()

    error = caught.value
    assert (error.node, error.cause, error.remedy) == ("top", "wrong_type", "Make it one.")
    assert "Not a <list>." in error.message


def test_result_waits_no_longer_than_asked(client):
    with pytest.raises(StillRunning):
        pai.Run("r-1", client=client).result(timeout=0.05)


def test_waiting_for_a_run_that_asks_says_so(gateway, client, capsys):
    ask = envelope(2, "human.requested", question="q-1", text="Pay?", choices=["yes"])
    gateway.events = [run_of(3)[0], ask]

    def answered():
        while not gateway.afters:
            time.sleep(0.01)
        completed(gateway, result=1)
        gateway.events = [*gateway.events, run_of(3)[2]]

    threading.Thread(target=answered).start()
    pai.Run("r-1", client=client).result()

    assert "Pay?" in capsys.readouterr().err


def test_step_is_found_by_node_and_by_path_with_its_latest_attempt(gateway, client):
    gateway.detail = {"steps": [STEP | {"status": "failed"}, STEP | {"attempt": 2}]}
    run = pai.Run("r-1", client=client)

    step = run["top"]

    assert (step.status, step.attempts, step.output) == ("completed", 2, [1, 2])
    assert run["s0/top"].node == "top"
    assert len(run.steps) == 1


def test_unknown_step_names_those_there_are(gateway, client):
    gateway.detail = {"steps": [STEP]}

    with pytest.raises(NodeNotFound, match="top"):
        pai.Run("r-1", client=client)["tpo"]


def test_the_only_question_needs_no_name(gateway, client):
    gateway.detail = {"questions": [QUESTION]}

    pai.Run("r-1", client=client).answer("yes")

    assert gateway.bodies[-1] == {"answer": "yes", "reason": "", "via": "python"}
    assert gateway.requests[-1].url.path.endswith("/runs/r-1/questions/q-1/answer")


def test_a_step_is_allowed_changed_or_rejected_with_a_reason(gateway, client):
    gateway.detail = {"questions": [QUESTION | {"kind": "approval", "node": "pay"}]}
    run = pai.Run("r-1", client=client)

    run.approve()
    run.approve(amount=12, reason="Cheaper.")
    run.reject("Not this month.")

    said = [body for body in gateway.bodies if body and "answer" in body]
    assert [(body["answer"], body.get("inputs"), body["reason"]) for body in said] == [
        ("approve", None, ""),
        ("edit", {"amount": 12}, "Cheaper."),
        ("reject", None, "Not this month."),
    ]


def test_a_question_that_is_not_asked_is_refused_with_those_that_are(client):
    with pytest.raises(pai.LabError, match="asks no question 'q-9'"):
        pai.Run("r-1", client=client).answer("yes", "q-9")


def test_what_would_happen_is_on_the_card(gateway, client):
    inputs = {"to": {"json": "ada"}, "rows": {"ref": "f" * 64, "media_type": "x/y", "size": 3}}
    asked = {
        "kind": "approval",
        "asked": ["grace"],
        "inputs": inputs,
        "due": "2026-11-25T10:00:00Z",
    }
    gateway.detail = {"questions": [QUESTION | asked]}

    html = pai.Run("r-1", client=client).questions._repr_html_()

    for told in ("grace: Pay?", "<code>ada</code>", "rows", "approve(to=…)", "reject(", "Until"):
        assert told in html


def test_answer_to_a_run_that_asks_nothing_is_refused(client):
    with pytest.raises(Conflict, match="asks nothing"):
        pai.Run("r-1", client=client).answer("yes")


def test_ended_run_is_not_asked_again(gateway, client):
    completed(gateway, result=1)
    run = pai.Run("r-1", client=client)

    assert [run.status for _ in range(3)] == ["completed"] * 3

    assert len(gateway.requests) == 1


def test_cell_shows_state_error_question_and_steps_escaped(gateway, client):
    gateway.status = "waiting"
    gateway.flow = FLOW
    gateway.detail = {
        "error": ERROR, "steps": [STEP], "questions": [QUESTION], "steps_done": 1, "steps_total": 3,
    }  # fmt: skip

    html = pai.Run("r-1", client=client)._repr_html_()

    for text in (
        ">?</span>",
        "waiting",
        "1 of 3 steps",
        "Pay?",
        "Not a &lt;list&gt;.",
        "Make it one.",
        "data:image/svg+xml",
    ):
        assert text in html
    assert "<list>" not in html


@pytest.mark.parametrize(
    ("run", "asked", "state"),
    [
        ("running", [], "running"),
        ("waiting", [QUESTION], "waiting"),
        ("cancelled", [], "cancelled"),
    ],
)
def test_step_that_has_only_started_says_what_it_does_now(gateway, client, run, asked, state):
    gateway.status = run
    gateway.detail = {
        "steps": [STEP | {"status": "started", "ended_at": None}],
        "questions": [question | {"node": "top"} for question in asked],
    }

    assert pai.Run("r-1", client=client)["top"].status == state


def test_cell_tells_a_recovery_with_pride(gateway, client):
    gateway.status = "running"
    gateway.flow = FLOW
    lost = envelope(3, "run.recovered", worker="w2", lost_worker="w1", recorded=3, repeated=1)
    gateway.events = [*run_of(3)[:2], lost]

    html = pai.Run("r-1", client=client)._repr_html_()

    assert "Worker stopped here · resumed after" in html
    assert "0 steps repeated" in html
    assert "3 recorded steps kept, 1 unfinished begun again" in html


def test_cell_shows_nodes_that_have_not_begun(gateway, client):
    gateway.status = "running"
    gateway.flow = FLOW
    gateway.events = [envelope(1, "plan.compiled", plan_hash="p", paths={"top": "s0/top"})]

    assert "not started" in pai.Run("r-1", client=client)._repr_html_()


def test_cell_reads_events_once(gateway, client):
    gateway.status = "running"
    gateway.flow = FLOW
    gateway.events = run_of(3)[:2]
    run = pai.Run("r-1", client=client)

    run._repr_html_()
    run._repr_html_()

    asked = [request for request in gateway.requests if request.url.path.endswith("/events")]
    first, *rest = [request.query_params["after"] for request in asked]
    assert (first, set(rest)) == ("0", {"2"})


def test_cell_shows_what_to_do_when_the_runtime_is_away(gateway, client):
    run = pai.Run("r-1", client=client)
    gateway.stop()
    gateway.socket.unlink(missing_ok=True)

    assert "persistentai up" in run._repr_html_()
    assert "does not answer" in repr(run)


def test_list_of_runs_is_a_table_with_what_each_needs():
    failed = RunSummary(run_id="r-1", flow="report", status="failed", questions=2)

    html = Runs([failed])._repr_html_()

    assert "r-1" in html
    assert "2 questions" in html
    assert "No runs yet" in Runs([])._repr_html_()


def test_what_a_run_asks_are_cards_that_say_how_to_answer(gateway, client):
    gateway.detail = {"questions": [QUESTION | {"text": "Pay <b>$5</b>?"}]}

    html = pai.Run("r-1", client=client).questions._repr_html_()

    assert "Pay &lt;b&gt;$5&lt;/b&gt;?" in html
    assert "mathjax_ignore" in html
    assert "answer(&#x27;yes&#x27;)" in html


def test_step_that_has_not_begun_is_there_all_the_same(gateway, client):
    gateway.flow = FLOW
    run = pai.Run("r-1", client=client)

    assert [(step.node, step.status) for step in run.steps] == [("top", "pending")]
    assert "not started" in run["top"]._repr_html_()
    assert run._ipython_key_completions_() == ["top"]


@pytest.mark.parametrize(
    ("media_type", "told"),
    [
        ("application/x-martian", "expected a known media type"),
        ("application/vnd.apache.parquet", "bytes that are not"),
        ("image/png", "bytes that are not"),
    ],
)
def test_value_that_cannot_be_read_is_named_in_a_card_and_in_an_error(
    gateway, client, media_type, told
):
    blob = {"ref": "abc", "media_type": media_type, "size": 1234}
    gateway.detail = {"steps": [STEP | {"outputs": {"result": blob}}]}
    gateway.flow = FLOW
    gateway.blob_type = media_type
    step = pai.Run("r-1", client=client)["top"]

    with pytest.raises(CannotRead) as caught:
        _ = step.output

    assert (caught.value.media_type, caught.value.size) == (media_type, 1234)
    for said in (str(caught.value), step._repr_html_()):
        assert media_type in said
        assert "1,234 bytes" in said
        assert told in said
        assert "Client().blob(" in said


def test_value_that_is_too_large_is_named_and_not_fetched(gateway, client):
    blob = {"ref": "abc", "media_type": "application/vnd.apache.parquet", "size": 2 * 10**9}
    gateway.detail = {"steps": [STEP | {"outputs": {"result": blob}}]}
    gateway.flow = FLOW

    html = pai.Run("r-1", client=client)["top"]._repr_html_()

    assert "table, 2 GB" in html
    assert "not fetched" in html
    assert not [request for request in gateway.requests if "/blobs/" in request.url.path]


def test_value_that_is_large_shows_what_was_noted_of_it(gateway, client):
    head = {"columns": ["<a>", "b"], "rows": [[1, None], ["<x>", 2.5]]}
    kept = {"ref": "abc", "media_type": "application/vnd.apache.parquet", "size": 9 * 10**6}
    blob = kept | {"about": "1,000,000 × 2 table", "head": head}
    gateway.detail = {"steps": [STEP | {"outputs": {"result": blob}}]}
    gateway.flow = FLOW

    html = pai.Run("r-1", client=client)["top"]._repr_html_()

    for told in ("1,000,000 × 2 table, 9 MB", "&lt;a&gt;", "&lt;x&gt;", "2.5", "not fetched"):
        assert told in html
    assert not [request for request in gateway.requests if "/blobs/" in request.url.path]


def test_value_whose_repr_raises_is_named(gateway, client):
    class Shy:
        def __repr__(self):
            raise RuntimeError("not for you")

    html = value_html(Blob(ref="abc", media_type="application/x-shy", size=7), Fetched(Shy()))

    assert "application/x-shy" in html
    assert "Shy whose repr raises RuntimeError" in html
    assert "→" in html


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("", "empty text"),
        ("a" * 5_000_000, "4,999,600 more characters"),
        ("line\n" * 1_000_000, "999,970 more lines, 5 MB in all"),
        ([{"a": 1, "b": None}] * 344, "344 × 2, 336 rows not shown"),
        (list(range(10_000)), "9,980 more"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}, "1 key"),
        (float("nan"), "nan"),
        (None, "None"),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_every_value_is_shown_within_bounds(value, told):
    html = value_html(Inline(json=value), Fetched(value))

    assert told in html
    assert len(html) < 120_000
    assert "<script>" not in html


class Fetched:
    """A runtime that has this value."""

    def __init__(self, value):
        self.value_there = value

    def value(self, value):
        return self.value_there


def test_beginning_of_an_id_is_enough_where_only_one_run_has_it(gateway, client):
    gateway.strict = True
    run = pai.Run("r-", client=client)

    assert (run.status, run.id) == ("running", "r-1")


def test_beginning_of_an_id_that_several_runs_share_is_refused_with_their_names(gateway, client):
    gateway.strict = True
    gateway.others = ["r-12"]

    with pytest.raises(Conflict, match=r"2 runs begin with 'r-': r-1 \(report\), r-12 \(report\)"):
        _ = pai.Run("r-", client=client).status


def test_runs_are_found_by_position_by_id_and_by_flow(gateway, client, monkeypatch):
    monkeypatch.setenv("PERSISTENTAI_URL", f"unix:{gateway.socket}")
    gateway.others = ["r-2"]

    found = pai.runs(flow="report")

    assert [run.id for run in found] == ["r-1", "r-2"]
    assert (found[1].id, found["r-2"].id, found[:1][0].id) == ("r-2", "r-2", "r-1")
    assert len(pai.runs(flow="another")) == 0
    with pytest.raises(RunNotFound):
        _ = found["r-3"]
    assert "r-1" in repr(found).splitlines()[0]


def test_fork_without_a_node_asks_which(gateway, client):
    gateway.flow = FLOW

    with pytest.raises(LookupError, match="At which node are prompt"):
        pai.Run("r-1", client=client).fork(prompt="Shorter.")


def test_logs_are_what_bodies_said(gateway, client):
    gateway.flow = FLOW
    gateway.events = [envelope(1, "node.logged", "top", level="warning", message="<hot>")]
    run = pai.Run("r-1", client=client)

    assert [(line.node, line.message) for line in run.logs] == [("top", "<hot>")]
    assert "warning: <hot>" in repr(run.logs)
    assert "&lt;hot&gt;" in run.logs._repr_html_()
    assert len(run["top"].logs) == 1


def test_a_run_whose_values_expired_still_shows_what_it_was(gateway, client):
    left = {
        "expired_at": "2027-03-01T00:00:00Z",
        "sha256": "ab12",
        "size": 1200,
        "media_type": "application/json",
    }
    gateway.flow = FLOW
    gateway.status = "completed"
    gateway.events = run_of(3)
    gateway.detail = {"outputs": {"result": left}, "steps": [{**STEP, "outputs": {"result": left}}]}
    run = pai.Run("r-1", client=client)

    assert "no longer kept" in run._repr_html_()
    assert "no longer kept" in value_html(run.detail.outputs["result"], client)
    assert run["top"].status == "completed"
    with pytest.raises(PayloadExpired, match="no longer kept"):
        run.result()
