"""Waiting for people: through kill -9, a pause and inner flows, holding nothing."""

import asyncio
import threading
from contextlib import AsyncExitStack

import persistentai_lab as pai
from persistentai_lab.blocks import numbers
from persistentai_lab.engine.bodies.body import Bodies
from persistentai_lab.engine.commands.signals import Signals
from persistentai_lab.engine.leg import Legs
from persistentai_lab.engine.records.writer import Writer
from persistentai_lab.engine.steps.spawning import Spawner
from persistentai_lab.flow.model import Approval, Policy
from persistentai_lab.ids import RunId
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.hints import Hints
from persistentai_lab.storage.home import Home
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool
from tests.ledger import Ledger
from tests.runtime import ME, Runtime, flow, mine, node, until

WAITING = 40


def questions(runtime: Runtime, run: RunId) -> int:
    return len(runtime.events(run, "human.requested"))


def test_a_question_outlives_the_worker_that_asked_it(runtime: Runtime, ledger: Ledger) -> None:
    worker = runtime.worker()
    asks = node("ask", "human.ask", text="Well?")
    policy = Policy(approval=Approval())
    pay = node("pay", mine("pay"), policy, address=ledger.address, name="paid")
    busy = node("busy", mine("look"), address=ledger.address, name="busy")
    ledger.hold("busy")
    parked = runtime.start(flow(asks, outputs={"said": "ask"}))
    under_way = runtime.start(flow(pay, busy))
    runtime.reached(parked, "waiting")
    until(lambda: ledger.counts()["busy"], "one branch is busy while the other waits")
    answered_late, approved_late = runtime.asked(parked)["id"], runtime.asked(under_way)["id"]

    worker.kill()
    worker.wait()
    ledger.release()
    runtime.answer(parked, answered_late, "all the same")
    runtime.answer(under_way, approved_late, "approve")
    assert runtime.run(parked)["status"] == "queued"
    assert runtime.run(under_way)["status"] == "running", "nobody knows yet that it is lost"
    runtime.worker()

    assert runtime.ended(parked)["outputs"] == {"said": {"json": "all the same"}}
    assert runtime.ended(under_way)["status"] == "completed"
    assert ledger.counts()["paid"] == 1
    assert questions(runtime, parked) == questions(runtime, under_way) == 1, "asked once"


def test_an_answer_to_a_paused_run_is_kept_until_somebody_lets_it_go_on(runtime: Runtime) -> None:
    runtime.worker()
    then = node("then", "numbers.add", right=1)
    ask = node("ask", "human.ask", text="Well?", answer="integer")
    run = runtime.start(flow(ask, then, edges=("ask > then.left",), outputs={"n": "then"}))
    runtime.reached(run, "waiting")
    question = runtime.asked(run)["id"]
    runtime.pause(run)
    runtime.reached(run, "paused")

    runtime.answer(run, question, 4)

    assert runtime.run(run)["status"] == "paused"
    assert runtime.steps(run) == []
    runtime.resume(run)
    assert runtime.ended(run)["outputs"] == {"n": {"json": 5.0}}
    assert questions(runtime, run) == 1


@pai.flow
def asked(n: int) -> float:
    return numbers.add(n, pai.ask_human("How much more?", n, answer=int))


def test_each_item_asks_for_itself_and_is_answered_in_any_order(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[int]) -> list[float]:
        return pai.each(ns, asked)

    runtime.worker()
    run = runtime.start(main.spec, ns=[1, 2, 3])
    runtime.reached(run, "waiting")
    open_ones = runtime.rows("SELECT id, node FROM pai.question WHERE run = %s ORDER BY id", run)
    assert len(open_ones) == 3

    for number, question in reversed(list(enumerate(open_ones))):
        runtime.answer(run, question["id"], 10 * (number + 1))

    assert runtime.ended(run)["outputs"] == {"result": {"json": [11.0, 22.0, 33.0]}}
    assert questions(runtime, run) == 3


def test_runs_that_wait_hold_no_task_and_no_thread(runtime: Runtime, home: Home) -> None:
    """The legs are walked here, in this process, so that what is left of them can be counted."""
    spec = flow(
        node("ask", "human.ask", text="Well?", expires_s=60.0),
        node("b", "numbers.add", left=1, right=1),
    )
    runs = [runtime.start(spec) for _ in range(WAITING)]
    runtime.rows("UPDATE dbos.workflow_status SET status = 'PENDING', owner_xid = 'x' RETURNING 1")

    async def walk_all() -> tuple[int, int]:
        url = runtime.database_url
        async with AsyncExitStack() as stack:
            pool = await stack.enter_async_context(
                make_pool(url, name="test", min_size=4, max_size=4)
            )
            hints = Hints(url)
            writer = Writer(pool, hints)
            stack.push_async_callback(writer.close)
            blobs = Blobs(pool, home.blobs)
            spawner = Spawner(runtime.commands._engine)
            signals = Signals(runtime.commands._engine)
            memory = MemoryTree(pool, blobs, hints)
            legs = Legs(pool, writer, Bodies(), blobs, memory, spawner, "w", signals, ME.user)
            await legs.run(runs[0], 1, "x")
            tasks, threads = len(asyncio.all_tasks()), threading.active_count()
            await asyncio.gather(*(legs.run(run, 1, "x") for run in runs[1:]))
            assert legs.walking() == set()
            assert legs._people == {}
            return len(asyncio.all_tasks()) - tasks, threading.active_count() - threads

    more_tasks, more_threads = asyncio.run(walk_all())

    assert {runtime.run(run)["status"] for run in runs} == {"waiting"}
    assert more_tasks <= 4, "lanes of the writer, which all runs share"
    assert more_threads <= 5, "of the one pool that all bodies share"
