"""A run goes on from another: what nothing changed for is taken over, the rest runs."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import text, values
from persistentai_lab.engine.commands.reuse import InDoubt, Past, reusable, whole
from persistentai_lab.engine.records.record import Version, version_key
from persistentai_lab.errors import FlowInvalid, NodeNotFound, RunNotFound
from persistentai_lab.flow.edit import with_values
from persistentai_lab.flow.model import INPUT, Edge, FlowInput, FlowSpec, PortRef
from persistentai_lab.flow.signature import Signature
from persistentai_lab.ids import Json, NodeId, RunId
from persistentai_lab.plan import compile_plan
from tests.ledger import Ledger
from tests.ledger_blocks import fail, look
from tests.runtime import ME, Runtime, flow, ledger_module, mine, node, until

#   a ──► b ──► d
#   c ─────────┘      (c stands beside them)
DIAMOND = flow(
    node("a", "cell:a"),
    node("b", "text.upper"),
    node("c", "text.upper", text="c"),
    node("d", "lists.of"),
    edges=("a > b.text", "b > d.first", "c > d.second"),
    outputs={"result": "d"},
)
CODE = {"cell:a": "hash-1"}
EVERYTHING = ("a", "b", "c", "d")


def past(
    spec: FlowSpec = DIAMOND,
    *,
    done: tuple[str, ...] = EVERYTHING,
    inputs: dict[str, Json] | None = None,
    cut_off: tuple[str, ...] = (),
) -> Past:
    signatures = {version_key(it): Signature(block=it.block) for it in spec.nodes}
    recorded = {NodeId(name): {"result": {"json": name}} for name in done}
    version = Version(spec, compile_plan(spec), signatures)
    unknown = [NodeId(name) for name in cut_off]
    return Past(RunId("r-1"), "hash", version, CODE, inputs or {}, {}, recorded, unknown)


def taken(
    before: Past,
    spec: FlowSpec = DIAMOND,
    *,
    code: dict[str, str] = CODE,
    inputs: dict[str, Json] | None = None,
    anew: tuple[str, ...] = (),
) -> set[str]:
    given = whole(inputs or {}, {})
    return set(reusable(before, spec, compile_plan(spec), code, given, anew))


def test_the_same_flow_takes_everything_over() -> None:
    assert taken(past()) == {"a", "b", "c", "d"}


def test_only_what_is_downstream_of_a_node_to_run_anew_runs() -> None:
    assert taken(past(), anew=("b",)) == {"a", "c"}


def test_other_code_of_a_cell_runs_it_and_what_follows() -> None:
    assert taken(past(), code={"cell:a": "hash-2"}) == {"c"}


def test_another_literal_runs_its_node_and_what_follows() -> None:
    changed = with_values(DIAMOND, {"c": {"text": "other"}})

    assert taken(past(), changed) == {"a", "b"}


def test_true_is_not_the_literal_1() -> None:
    before = past(with_values(DIAMOND, {"c": {"text": 1}}))

    assert "c" not in taken(before, with_values(DIAMOND, {"c": {"text": True}}))


def test_another_edge_runs_its_target() -> None:
    rewired = DIAMOND.model_copy(
        update={"edges": tuple(e for e in DIAMOND.edges if e.target.node != "b")}
    )

    assert taken(past(), rewired) == {"a", "c"}


def test_what_never_completed_runs() -> None:
    assert taken(past(done=("a", "c"))) == {"a", "c"}


def test_a_node_after_one_that_runs_is_not_taken_over_though_it_is_recorded() -> None:
    assert taken(past(done=("b", "c", "d"))) == {"c"}


def test_an_input_that_changed_runs_what_reads_it() -> None:
    spec = DIAMOND.model_copy(
        update={
            "inputs": {"word": FlowInput(type={"type": "string"})},
            "nodes": (*DIAMOND.nodes[:2], node("c", "text.upper"), DIAMOND.nodes[3]),
            "edges": (
                *DIAMOND.edges,
                Edge(
                    source=PortRef(node=INPUT, port="word"), target=PortRef(node="c", port="text")
                ),
            ),
        }
    )
    before = past(spec, inputs={"word": "x"})

    assert taken(before, spec, inputs={"word": "x"}) == {"a", "b", "c", "d"}
    assert taken(before, spec, inputs={"word": "y"}) == {"a", "b"}


def test_a_call_outside_that_was_cut_off_is_made_again_only_for_whoever_names_it() -> None:
    before = past(done=("a", "c"), cut_off=("b",))

    with pytest.raises(InDoubt, match="'b'"):
        taken(before)
    assert taken(before, anew=("b",)) == {"a", "c"}


RACE = flow(
    node("a", "cell:a"),
    node("b", "text.upper"),
    node("c", "text.upper", text="c"),
    node("race", "control.race"),
    node("d", "text.upper"),
    edges=("a > b.text", "b > race.a", "c > race.b", "race > d.text"),
    outputs={"result": "d"},
)


def past_race(*done: str, winner: str, cut_off: tuple[str, ...] = ()) -> Past:
    before = past(RACE, done=done, cut_off=cut_off)
    won = {NodeId("race"): before.recorded[NodeId(winner)]}
    return replace(before, recorded={**before.recorded, **won})


def test_a_race_stays_won() -> None:
    assert taken(past_race("a", "c", "race", "d", winner="c"), RACE) == {"a", "c", "race", "d"}
    cut_off = past_race("a", "c", "race", winner="c", cut_off=("b",))
    assert taken(cut_off, RACE) == {"a", "c", "race"}, "and nobody needs what was cut off"


def test_a_race_is_run_again_when_whoever_won_it_is_or_who_lost_it_is_another() -> None:
    before = past_race("a", "c", "race", "d", winner="c")

    assert taken(before, RACE, anew=("c",)) == {"a"}
    assert taken(before, RACE, code={"cell:a": "hash-2"}) == {"c"}


def test_a_cut_off_call_that_would_be_another_one_is_nobodys_doubt() -> None:
    before = past(done=("a", "c"), cut_off=("b",))

    assert taken(before, code={"cell:a": "hash-2"}) == {"c"}


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("reuse"), make_database()) as runtime:
        runtime.worker()
        yield runtime


def _fork(runtime: Runtime, run: RunId, at: str | None = None, **values: dict[str, Json]) -> RunId:
    return asyncio.run(runtime.commands.fork(run, ME, at=at, values=values)).run


def _paid(ledger: Ledger) -> FlowSpec:
    at = {"address": ledger.address}
    return flow(
        node("dear", mine("look"), **at, name="dear"),
        node("cheap", mine("look"), **at, name="cheap"),
        node("last", mine("look"), **at, name="last"),
        edges=("dear > last.after",),
        outputs={"result": "last"},
    )


def test_a_fork_calls_only_the_bodies_downstream_of_the_change(
    runtime: Runtime, ledger: Ledger
) -> None:
    first = runtime.start(_paid(ledger))
    assert runtime.ended(first)["status"] == "completed"

    second = _fork(runtime, first, last={"name": "other"})

    assert runtime.ended(second)["outputs"] == {"result": {"json": "other"}}
    assert ledger.counts() == {"dear": 1, "cheap": 1, "last": 1, "other": 1}
    (forked,) = runtime.events(second, "run.forked")
    assert forked["body"] == {"type": "run.forked", "source": first, "at": None, "reused": 2}
    reused = runtime.events(second, "node.reused")
    assert {event["node"] for event in reused} == {"dear", "cheap"}
    assert {step["node"] for step in runtime.steps(second) if step["reused_from"] == first} == {
        "dear",
        "cheap",
    }


def test_a_fork_at_a_node_runs_it_and_what_follows(runtime: Runtime, ledger: Ledger) -> None:
    first = runtime.start(_paid(ledger))
    runtime.ended(first)

    second = _fork(runtime, first, at="dear")

    assert runtime.ended(second)["status"] == "completed"
    assert ledger.counts() == {"dear": 2, "cheap": 1, "last": 2}


def test_a_fork_of_a_fork_knows_who_really_ran_a_step(runtime: Runtime, ledger: Ledger) -> None:
    first = runtime.start(_paid(ledger))
    runtime.ended(first)
    second = _fork(runtime, first, at="last")
    runtime.ended(second)

    third = _fork(runtime, second, at="last")
    runtime.ended(third)

    assert ledger.counts() == {"dear": 1, "cheap": 1, "last": 3}
    origins = {step["node"]: step["reused_from"] for step in runtime.steps(third)}
    assert origins == {"dear": first, "cheap": first, "last": None}


def test_a_failed_run_goes_on_from_where_it_failed(runtime: Runtime, ledger: Ledger) -> None:
    at = {"address": ledger.address}
    spec = flow(
        node("dear", mine("look"), **at, name="dear"),
        node("weak", mine("fail"), message="no"),
        node("end", mine("look"), **at, name="end"),
        edges=("dear > weak.name", "weak > end.after"),
        outputs={"result": "end"},
    )
    first = runtime.start(spec)
    assert runtime.ended(first)["status"] == "failed"

    mended = spec.model_copy(
        update={"nodes": (spec.nodes[0], node("weak", "values.constant", value=1), spec.nodes[2])}
    )
    mended = mended.model_copy(
        update={"edges": tuple(e for e in spec.edges if e.target.node == "end")}
    )
    started = runtime.commands.start(mended, {}, (ledger_module(),), ME, reuse=first)
    second = asyncio.run(started).run

    assert runtime.ended(second)["status"] == "completed"
    assert ledger.counts() == {"dear": 1, "end": 1}


def test_a_run_with_everything_taken_over_completes_without_a_body(
    runtime: Runtime, ledger: Ledger
) -> None:
    first = runtime.start(_paid(ledger))
    runtime.ended(first)

    second = _fork(runtime, first)

    assert runtime.ended(second)["outputs"] == {"result": {"json": "last"}}
    assert not runtime.events(second, "node.started")


def test_a_failed_run_is_tried_again_by_a_fork_with_nothing_changed(
    runtime: Runtime, ledger: Ledger
) -> None:
    at = {"address": ledger.address}
    spec = flow(
        node("dear", mine("look"), **at, name="dear"),
        node("weak", mine("fail"), **at, message="no"),
        edges=("dear > weak.name",),
    )
    first = runtime.start(spec)
    assert runtime.ended(first)["status"] == "failed"

    second = _fork(runtime, first)

    assert runtime.ended(second)["status"] == "failed"
    assert ledger.counts() == {"dear": 3}  # once by itself, and as the name that `weak` called in


def _slow(ledger: Ledger, block: str) -> FlowSpec:
    at = {"address": ledger.address}
    return flow(
        node("dear", mine("look"), **at, name="dear"),
        node("slow", mine(block), **at, name="slow", wait_s=600),
        edges=("dear > slow.after",),
        outputs={"result": "slow"},
    )


def until_slow_runs(runtime: Runtime, ledger: Ledger, run: RunId) -> None:
    """Wait for it; what came before may still be on its way to the record then."""
    until(lambda: ledger.counts()["slow"], "the slow body runs")
    until(lambda: runtime.events(run, "node.completed"), "what came before it is recorded")


def test_a_cancelled_run_goes_on_with_what_it_had_recorded(
    runtime: Runtime, ledger: Ledger
) -> None:
    first = runtime.start(_slow(ledger, "look"))
    until_slow_runs(runtime, ledger, first)
    runtime.cancel(first)

    second = _fork(runtime, first, slow={"wait_s": 0})

    assert runtime.ended(second)["status"] == "completed"
    assert ledger.counts() == {"dear": 1, "slow": 2}


def test_a_run_under_way_is_forked_from_what_it_has_recorded_and_goes_on(
    runtime: Runtime, ledger: Ledger
) -> None:
    first = runtime.start(_slow(ledger, "look"))
    until_slow_runs(runtime, ledger, first)

    second = _fork(runtime, first, slow={"wait_s": 0})

    assert runtime.ended(second)["status"] == "completed"
    assert ledger.counts() == {"dear": 1, "slow": 2}
    assert runtime.run(first)["status"] == "running"
    runtime.cancel(first)


def test_a_fork_never_repeats_a_write_that_is_under_way_or_was_cut_off(
    runtime: Runtime, ledger: Ledger
) -> None:
    first = runtime.start(_slow(ledger, "pay"))
    until_slow_runs(runtime, ledger, first)

    with pytest.raises(InDoubt, match="slow"):
        _fork(runtime, first)
    runtime.cancel(first)
    with pytest.raises(InDoubt, match="slow"):
        _fork(runtime, first)

    second = _fork(runtime, first, at="slow", slow={"wait_s": 0})
    assert runtime.ended(second)["status"] == "completed"
    assert ledger.counts() == {"dear": 1, "slow": 2}


def test_a_fork_on_other_inputs_runs_only_what_reads_them(runtime: Runtime, ledger: Ledger) -> None:
    spec = _paid(ledger).model_copy(update={"inputs": {"name": FlowInput(type={"type": "string"})}})
    source, target = PortRef(node=INPUT, port="name"), PortRef(node="cheap", port="name")
    nodes = [it.model_copy(update={"values": {**it.values}}) for it in spec.nodes]
    del nodes[1].values["name"]  # type: ignore[attr-defined]
    edges = (*spec.edges, Edge(source=source, target=target))
    first = runtime.start(
        spec.model_copy(update={"nodes": tuple(nodes), "edges": edges}), name="cheap"
    )
    runtime.ended(first)

    forked = runtime.commands.fork(first, ME, inputs={"name": "cheaper"})
    second = asyncio.run(forked).run

    assert runtime.ended(second)["status"] == "completed"
    assert ledger.counts() == {"dear": 1, "cheap": 1, "cheaper": 1, "last": 1}


def test_what_a_control_node_had_done_is_not_done_again(runtime: Runtime, ledger: Ledger) -> None:
    @pai.flow
    def keep(name: str) -> str:
        return text.upper(name)

    @pai.flow
    def picky(name: str, address: str) -> Any:
        looked = look(address, name)
        return pai.when(values.compare(looked, "==", "c"), lambda name: fail("no"), keep, looked)

    @pai.flow
    def drawn(address: str) -> list[Any]:
        return pai.each(values.constant(["a", "b", "c"]), picky, address=address, at_once=1)

    assert drawn.check() == []
    first = runtime.start(drawn.spec, address=ledger.address)
    assert runtime.ended(first)["status"] == "failed"
    assert ledger.counts() == {"a": 1, "b": 1, "c": 1}

    second = _fork(runtime, first)

    assert runtime.ended(second)["status"] == "failed"
    assert ledger.counts() == {"a": 1, "b": 1, "c": 1}
    assert {e["node"] for e in runtime.events(second, "node.reused")} >= {"each/0/look"}


def test_another_flow_inside_of_a_control_node_runs_it_anew() -> None:
    def spec(shout: bool) -> FlowSpec:
        @pai.flow
        def inner(word: str) -> str:
            return text.upper(word) if shout else text.trim(word)

        @pai.flow
        def drawn(words: list[str]) -> list[str]:
            return pai.each(words, inner)

        return drawn.spec

    before = spec(shout=True)
    done = tuple(node.id for node in before.nodes)
    given: dict[str, Json] = {"words": ["a"]}

    assert taken(past(before, done=done, inputs=given), spec(shout=True), inputs=given) == {"each"}
    assert taken(past(before, done=done, inputs=given), spec(shout=False), inputs=given) == set()


def test_a_fork_of_what_is_not_there_says_so(runtime: Runtime, ledger: Ledger) -> None:
    run = runtime.start(_paid(ledger))
    runtime.ended(run)

    with pytest.raises(RunNotFound):
        _fork(runtime, RunId("r-nothing"))
    with pytest.raises(NodeNotFound, match="nobody"):
        _fork(runtime, run, at="nobody")
    with pytest.raises(FlowInvalid):
        _fork(runtime, run, last={"name": 7})
