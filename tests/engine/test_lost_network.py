"""The wire between a worker and its database: cut, or silent. Nothing is lost, all goes on."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger import Ledger
from tests.runtime import Runtime, flow, mine, node, until
from tests.wire import Wire


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    folder = Path(tempfile.mkdtemp(prefix="pai-w-"))  # short: socket paths have 107 bytes
    wire = Wire(database_url, folder)
    yield wire
    wire.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize("trouble", ["cut", "stall"])
def test_a_body_that_finished_keeps_its_result_until_it_can_be_recorded(
    runtime: Runtime, ledger: Ledger, wire: Wire, trouble: str
) -> None:
    runtime.worker(database_url=wire.database_url)
    a = node("a", mine("look"), address=ledger.address, name="a")
    b = node("b", mine("note"), key="list", item="b")
    c = node("c", mine("look"), address=ledger.address, name="c")
    ledger.hold("a")
    run = runtime.start(flow(a, b, c, edges=("a > b", "b > c")))
    until(lambda: ledger.counts()["a"], "the first body began")

    if trouble == "cut":
        wire.cut()
    else:
        wire.stall()
    ledger.release()
    time.sleep(2.0)  # the body ends meanwhile, and the lease with it
    assert runtime.run(run)["status"] != "completed"
    wire.mend()
    wire.flow()

    assert runtime.ended(run)["status"] == "completed"
    assert ledger.counts() == {"a": 1, "c": 1}, "nobody else was there: nothing ran twice"
    assert runtime.record("list") == ["b"]
    events = runtime.events(run)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_a_worker_cut_off_is_replaced_and_comes_back_without_harm(
    runtime: Runtime, ledger: Ledger, wire: Wire
) -> None:
    runtime.worker(database_url=wire.database_url)
    a = node("a", mine("note"), key="list", item="a", wait_s=3.0)
    b = node("b", mine("look"), address=ledger.address, name="b")
    run = runtime.start(flow(a, b, edges=("a > b",)))
    until(lambda: runtime.events(run, "node.started"), "the first body began")
    wire.cut()
    runtime.worker()

    assert runtime.ended(run)["status"] == "completed"
    wire.mend()

    assert runtime.record("list") == ["a"]
    assert ledger.counts() == {"b": 1}
    again = [runtime.start(flow(node("x", "numbers.add", left=1, right=1))) for _ in range(5)]
    assert [runtime.ended(one)["status"] for one in again] == ["completed"] * 5


def test_what_a_body_reads_and_keeps_waits_for_the_database(runtime: Runtime, wire: Wire) -> None:
    runtime.worker(database_url=wire.database_url)
    before = runtime.start(flow(node("put", mine("note"), key="k", item="kept")))
    runtime.ended(before)
    large = node("large", mine("later"), value="x", wait_s=3, times=400_000)
    key = node("key", mine("later"), value="k", wait_s=3)
    found = node("found", "records.get")
    run = runtime.start(
        flow(large, key, found, edges=("key > found.key",), outputs={"found": "found"})
    )
    until(lambda: len(runtime.events(run, "node.started")) == 2, "both bodies began")

    wire.stall()
    time.sleep(4)  # both end meanwhile, the record is asked for, and nobody answers
    assert runtime.run(run)["status"] == "running"
    wire.cut()
    wire.flow()
    wire.mend()

    assert runtime.ended(run)["outputs"] == {"found": {"json": ["kept"]}}
    assert [step["attempt"] for step in runtime.steps(run)] == [1, 1, 1]


@pytest.mark.parametrize("trouble", ["cut", "stall", "never there"])
def test_a_worker_without_its_database_ends_when_told_to(
    runtime: Runtime, wire: Wire, trouble: str
) -> None:
    if trouble == "never there":
        worker = runtime.launch(database_url="postgresql://postgres@/none?host=/none")
        until(lambda: "waiting for the database" in runtime.log(), "it waits")
    else:
        worker = runtime.worker(database_url=wire.database_url)
        until(lambda: "ready" in runtime.log(), "it works")
        wire.cut() if trouble == "cut" else wire.stall()

    worker.terminate()

    assert worker.wait(60) == 0, runtime.log()
