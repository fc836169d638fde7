"""A kept result is used again: for the same body, on the same inputs, in its workspace, a while."""

import asyncio

from persistentai_lab.flow.model import FlowSpec, Policy
from persistentai_lab.ids import Workspace
from persistentai_lab.security.identity import Identity
from tests.ledger import Ledger
from tests.runtime import ME, Runtime, flow, ledger_module, mine, node


def looked(ledger: Ledger, name: str, cache_s: float = 3600) -> FlowSpec:
    return flow(
        node("a", mine("look"), Policy(cache_s=cache_s), address=ledger.address, name=name),
        node("b", mine("look"), None, address=ledger.address, name="b"),
        edges=("a > b",),
        outputs={"name": "a"},
    )


def test_the_second_run_uses_the_result_of_the_first_and_says_so(
    runtime: Runtime, ledger: Ledger
) -> None:
    runtime.worker()
    first = runtime.start(looked(ledger, "a"))
    runtime.ended(first)

    second = runtime.start(looked(ledger, "a"))
    other = runtime.start(looked(ledger, "another input"))

    assert runtime.ended(second)["outputs"] == {"name": {"json": "a"}}
    assert runtime.ended(other)["outputs"] == {"name": {"json": "another input"}}
    assert ledger.counts() == {"a": 1, "another input": 1, "b": 3}
    (reused,) = runtime.events(second, "node.reused")
    assert (reused["body"]["cause"], reused["body"]["source"]) == ("cache", first)
    assert {s["node"]: s["reused_from"] for s in runtime.steps(second)} == {"a": first, "b": None}


def test_a_result_that_is_too_old_is_made_anew(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    runtime.ended(runtime.start(looked(ledger, "a")))
    runtime.rows("UPDATE pai.kept_result SET made_at = now() - interval '2 hours' RETURNING 1")

    run = runtime.start(looked(ledger, "a"))
    runtime.ended(run)
    young = runtime.start(looked(ledger, "a", cache_s=60))
    runtime.ended(young)

    assert ledger.counts()["a"] == 2
    assert len(runtime.events(young, "node.reused")) == 1, "what was made anew is kept in its place"


def test_a_failure_is_not_kept(runtime: Runtime, ledger: Ledger) -> None:
    runtime.worker()
    spec = flow(
        node("a", mine("fail"), Policy(cache_s=60), message="no", address=ledger.address, name="a")
    )

    for _ in range(2):
        assert runtime.ended(runtime.start(spec))["status"] == "failed"

    assert ledger.counts()["a"] == 2


def test_another_workspace_knows_nothing_of_it(runtime: Runtime) -> None:
    runtime.worker()
    spec = flow(node("a", "numbers.add", Policy(cache_s=60), left=1, right=2), outputs={"sum": "a"})
    runtime.ended(runtime.start(spec))
    elsewhere = Identity(user=ME.user, workspace=Workspace("elsewhere"))

    started = asyncio.run(runtime.commands.start(spec, {}, (ledger_module(),), elsewhere))
    here = runtime.start(spec)

    assert runtime.ended(started.run)["outputs"] == runtime.ended(here)["outputs"]
    assert runtime.events(started.run, "node.reused") == []
    assert len(runtime.events(here, "node.reused")) == 1


def test_large_results_are_used_again_as_long_as_their_bytes_are_there(runtime: Runtime) -> None:
    runtime.worker()
    spec = flow(node("a", mine("large"), Policy(cache_s=60), megabytes=1), outputs={"text": "a"})
    runtime.ended(runtime.start(spec))
    second = runtime.start(spec)
    runtime.ended(second)
    runtime.rows("DELETE FROM pai.blob_use RETURNING 1")
    runtime.rows("DELETE FROM pai.blob RETURNING 1")

    third = runtime.start(spec)

    assert runtime.ended(third)["status"] == "completed"
    assert len(runtime.events(second, "node.reused")) == 1
    assert runtime.events(third, "node.reused") == []
