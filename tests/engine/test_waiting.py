"""Runs that sleep or wait for signals: what wakes them, in which order, and what they hold.

All tests share one worker, which looks for what is due each second.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from persistentai_lab.engine.commands.signals import SignalInvalid
from persistentai_lab.engine.records.facts import facts_of
from persistentai_lab.flow.model import FlowSpec, Node
from persistentai_lab.ids import Json, RunId
from tests.runtime import ME, Runtime, flow, node, until


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("waiting"), make_database()) as runtime:
        worker = runtime.worker()
        yield runtime
        assert worker.poll() is None, "no wait ended the worker"


def wait_for(node_id: str = "wait", /, **values: Json) -> Node:
    return node(node_id, "signals.wait_for", **values)


def listener(name: str, **values: Json) -> FlowSpec:
    return flow(wait_for(name=name, **values), outputs={"got": "wait"})


def emitter(name: str, value: Json, **values: Json) -> FlowSpec:
    return flow(node("emit", "signals.emit", name=name, value=value, **values))


def emit(runtime: Runtime, name: str, value: Json = None, **how: Any) -> int:
    return asyncio.run(runtime.signals.emit(name, value, ME, **how))


def got(runtime: Runtime, run: RunId) -> Json:
    row = runtime.ended(run)
    assert row["status"] == "completed", row["error"]
    found: Json = row["outputs"]["got"]["json"]
    return found


def pass_by(runtime: Runtime, run: RunId) -> None:
    """As if the time of what the run waits for had come."""
    runtime.rows("UPDATE pai.question SET due = now() WHERE run = %s RETURNING 1", run)


def test_a_run_that_sleeps_is_a_row_until_its_time_has_come(runtime: Runtime) -> None:
    spec = flow(
        node("sleep", "time.sleep", seconds=86_400 * 30, value="up"), outputs={"got": "sleep"}
    )
    run = runtime.start(spec)
    runtime.reached(run, "waiting")

    (begun,) = runtime.events(run, "wait.begun")
    (paused,) = runtime.events(run, "run.paused")
    due = datetime.fromisoformat(begun["body"]["due"])
    assert timedelta(days=29) < due - datetime.now(UTC) < timedelta(days=31)
    assert paused["body"]["reason"] == "sleeps"
    leg = "SELECT status FROM dbos.workflow_status WHERE workflow_uuid = %s"
    until(lambda: runtime.rows(leg, f"{run}/leg/1")[0]["status"] == "SUCCESS", "the leg is over")
    pass_by(runtime, run)

    assert got(runtime, run) == "up"
    assert runtime.run(run)["leg"] == 2


def test_a_moment_that_is_past_is_not_waited_for(runtime: Runtime) -> None:
    moment = "2001-01-01T00:00:00+01:00"
    spec = flow(node("s", "time.sleep_until", moment=moment, value=7), outputs={"got": "s"})

    assert got(runtime, runtime.start(spec)) == 7


def test_branches_that_sleep_let_the_others_go_on(runtime: Runtime) -> None:
    spec = flow(
        node("sleep", "time.sleep", seconds=3_600, value=1),
        node("add", "numbers.add", left=1, right=2),
        outputs={"got": "sleep"},
    )
    run = runtime.start(spec)
    runtime.reached(run, "waiting")

    assert [it["node"] for it in runtime.steps(run) if it["status"] == "completed"] == ["add"]
    runtime.cancel(run)


def test_a_run_that_is_cancelled_asleep_stays_cancelled(runtime: Runtime) -> None:
    run = runtime.start(flow(node("sleep", "time.sleep", seconds=3_600)))
    runtime.reached(run, "waiting")
    runtime.cancel(run)

    (wait,) = runtime.rows("SELECT due, answer FROM pai.question WHERE run = %s", run)
    assert (wait["due"], wait["answer"]["choice"]) == (None, "moot")
    assert runtime.run(run)["status"] == "cancelled"
    assert runtime.run(run)["leg"] == 1


def test_a_run_that_is_paused_asleep_goes_on_when_it_may(runtime: Runtime) -> None:
    spec = flow(node("sleep", "time.sleep", seconds=3_600, value=1), outputs={"got": "sleep"})
    run = runtime.start(spec)
    runtime.reached(run, "waiting")
    runtime.pause(run)
    runtime.reached(run, "paused")
    pass_by(runtime, run)
    until(
        lambda: runtime.rows("SELECT answer FROM pai.question WHERE run = %s", run)[0]["answer"],
        "its time comes",
    )
    assert runtime.run(run)["status"] == "paused"

    runtime.resume(run)

    assert got(runtime, run) == 1


def test_a_signal_reaches_every_run_that_waits_and_says_where_it_came_from(
    runtime: Runtime,
) -> None:
    waiting = [runtime.start(listener("one for all")) for _ in range(3)]
    for run in waiting:
        runtime.reached(run, "waiting")

    source = runtime.start(emitter("one for all", {"n": 1}))

    assert [got(runtime, run) for run in waiting] == [{"n": 1}] * 3
    (received,) = runtime.events(waiting[0], "signal.received")
    assert (received["body"]["signal"], received["body"]["run"]) == ("one for all", source)
    (emitted,) = runtime.events(source, "signal.emitted")
    assert emitted["body"]["value"]["preview"] == {"n": 1}


def test_a_signal_without_a_taker_is_kept_for_the_first_that_comes(runtime: Runtime) -> None:
    runtime.ended(runtime.start(emitter("early", "bird")))

    first = runtime.start(listener("early"))
    assert got(runtime, first) == "bird"
    second = runtime.start(listener("early"))

    runtime.reached(second, "waiting")
    emit(runtime, "early", "worm")
    assert got(runtime, second) == "worm"


def test_a_signal_is_not_kept_longer_than_it_was_said(runtime: Runtime) -> None:
    emit(runtime, "short", 1, keep_s=0.001)
    until(
        lambda: not runtime.rows("SELECT FROM pai.signal WHERE name = 'short'"), "it is let go of"
    )

    run = runtime.start(listener("short", timeout_s=3_600, otherwise=2))
    runtime.reached(run, "waiting")
    pass_by(runtime, run)

    assert got(runtime, run) == 2


def test_a_wait_of_a_run_that_ended_is_let_go_of_in_time(runtime: Runtime) -> None:
    run = runtime.start(listener("abandoned"))
    runtime.reached(run, "waiting")
    runtime.cancel(run)

    emit(runtime, "something else", keep_s=0.001)

    topic = "SELECT topic FROM pai.question WHERE run = %s"
    until(lambda: runtime.rows(topic, run)[0]["topic"] is None, "it is let go of")


def test_a_run_is_given_each_signal_once_in_order(runtime: Runtime) -> None:
    spec = flow(
        wait_for("a", name="ticks"),
        wait_for("b", name="ticks"),
        wait_for("c", name="ticks"),
        node("all", "lists.of"),
        edges=("a > b", "b > c", "a > all.a", "b > all.b", "c > all.c"),
        outputs={"got": "all"},
    )
    run = runtime.start(spec)
    runtime.reached(run, "waiting")

    for tick in range(3):
        emit(runtime, "ticks", tick)

    assert got(runtime, run) == [0, 1, 2]


def test_a_wait_that_has_not_looked_yet_is_not_given_a_later_signal_first(runtime: Runtime) -> None:
    run = runtime.start(listener("early"))
    runtime.reached(run, "waiting")
    runtime.rows(  # kept while nobody waited: as if the wait had come after it, and not looked
        "INSERT INTO pai.signal "
        "(workspace, name, value, facts, is_offered, expires_at, owner, caller) "
        "VALUES (%s, 'early', '1', %s, true, now() + interval '1 day', 'me', 'me') RETURNING 1",
        ME.workspace, facts_of("1"),
    )  # fmt: skip

    emit(runtime, "early", 2)
    wait = runtime.asked(run)["id"]
    asyncio.run(runtime.signals.look(ME.workspace, "early", run, wait))

    assert got(runtime, run) == 1


def test_branches_that_wait_for_the_same_name_share_no_signal(runtime: Runtime) -> None:
    spec = flow(
        wait_for("a", name="shared"),
        wait_for("b", name="shared"),
        node("all", "lists.of"),
        edges=("a > all.a", "b > all.b"),
        outputs={"got": "all"},
    )
    run = runtime.start(spec)
    runtime.reached(run, "waiting")

    emit(runtime, "shared", 1)
    runtime.reached(run, "waiting")
    emit(runtime, "shared", 2)

    assert sorted(got(runtime, run)) == [1, 2]  # type: ignore[arg-type,type-var]


def test_only_what_matches_is_taken(runtime: Runtime) -> None:
    seventeen = runtime.start(listener("paid", match={"order": {"id": 17}}))
    any_ = runtime.start(listener("paid", match={"order": {}}))
    for run in (seventeen, any_):
        runtime.reached(run, "waiting")

    emit(runtime, "paid", {"order": {"id": 16, "sum": 1}})
    emit(runtime, "paid", "nothing to look into")
    emit(runtime, "paid", {"order": {"id": 17, "sum": 2}})

    assert got(runtime, any_) == {"order": {"id": 16, "sum": 1}}
    assert got(runtime, seventeen) == {"order": {"id": 17, "sum": 2}}


def test_waiting_in_vain_fails_or_gives_what_holds_otherwise(runtime: Runtime) -> None:
    fails = runtime.start(listener("never", timeout_s=3_600))
    falls_back = runtime.start(listener("never", timeout_s=3_600, otherwise="instead"))
    for run in (fails, falls_back):
        runtime.reached(run, "waiting")
        pass_by(runtime, run)

    assert got(runtime, falls_back) == "instead"
    row = runtime.ended(fails)
    assert (row["status"], row["error"]["code"]) == ("failed", "wait_timed_out")


def test_a_signal_of_another_type_fails_the_step(runtime: Runtime) -> None:
    run = runtime.start(listener("typed", value_type="integer"))
    runtime.reached(run, "waiting")

    emit(runtime, "typed", "seven")

    row = runtime.ended(run)
    assert (row["status"], row["error"]["code"]) == ("failed", "wrong_type")


def test_emitting_twice_with_the_same_key_is_one_signal(runtime: Runtime) -> None:
    first = emit(runtime, "keyed", 1, key="k")

    assert emit(runtime, "keyed", 1, key="k") == first
    assert len(runtime.rows("SELECT FROM pai.signal WHERE name = 'keyed'")) == 1


def deep(levels: int) -> Json:
    value: Json = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("name", "value", "keep_s"),
    [
        ("", 1, 1),
        ("x" * 201, 1, 1),
        ("a\0b", 1, 1),
        ("n", "x" * 300_000, 1),
        ("n", float("nan"), 1),
        ("n", "\ud800", 1),
        ("n", deep(101), 1),
        ("n", deep(700), 1),
        ("n", 1, 0),
        ("n", 1, 1e12),
    ],
)
def test_what_can_be_no_signal_is_refused(
    runtime: Runtime, name: str, value: Json, keep_s: float
) -> None:
    with pytest.raises(SignalInvalid) as refused:
        emit(runtime, name, value, keep_s=keep_s)

    assert refused.value.remedy


@pytest.mark.parametrize("value", ["NUL \0", {"a": "\0", "n": 10**400}])
def test_values_that_databases_stumble_over_arrive_as_they_were(
    runtime: Runtime, value: Json
) -> None:
    name = f"odd {hash(json.dumps(value))}"
    run = runtime.start(listener(name))
    runtime.reached(run, "waiting")

    source = runtime.start(emitter(name, value))

    assert runtime.ended(source)["status"] == "completed", runtime.run(source)["error"]
    assert json.dumps(got(runtime, run)) == json.dumps(value)


def test_a_gate_is_opened_by_a_person_or_by_a_signal(runtime: Runtime) -> None:
    spec = flow(
        node("gate", "control.gate", value="through", opens_on="open sesame"),
        outputs={"got": "gate"},
    )
    by_person, by_signal = runtime.start(spec), runtime.start(spec)
    question = runtime.asked(by_person)
    runtime.reached(by_signal, "waiting")
    assert (question["kind"], question["choices"]) == ("gate", ["open"])

    runtime.answer(by_person, question["id"], "open")
    assert got(runtime, by_person) == "through"
    emit(runtime, "open sesame")

    assert got(runtime, by_signal) == "through"
    (answered,) = runtime.events(by_signal, "human.answered")
    assert answered["body"]["by"] == "signal open sesame"


@pytest.mark.parametrize(("at_timeout", "status"), [("open", "completed"), ("fail", "failed")])
def test_a_gate_that_nobody_opens_does_what_it_says(
    runtime: Runtime, at_timeout: str, status: str
) -> None:
    gate = node("gate", "control.gate", value=1, timeout_s=3_600, at_timeout=at_timeout)
    run = runtime.start(flow(gate))
    runtime.asked(run)
    pass_by(runtime, run)

    assert runtime.ended(run)["status"] == status


def test_a_replay_takes_waits_and_signals_from_the_record(runtime: Runtime) -> None:
    spec = flow(
        wait_for(name="for the record"),
        node("emit", "signals.emit", name="echo"),
        node("sleep", "time.sleep_until", moment="2001-01-01T00:00:00Z"),
        edges=("wait > emit.value", "emit > sleep.value"),
        outputs={"got": "sleep"},
    )
    run = runtime.start(spec)
    runtime.reached(run, "waiting")
    emit(runtime, "for the record", 5)
    assert got(runtime, run) == 5

    assert runtime.verdict(run)["verdict"] == "identical"
    assert len(runtime.rows("SELECT FROM pai.signal WHERE name = 'echo'")) == 1
