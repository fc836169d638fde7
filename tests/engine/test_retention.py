"""Values of old runs go, and what ran, when and for whom stays; nobody's work is broken by it."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest

from persistentai_lab.engine.retention import Retention, Swept
from persistentai_lab.errors import PayloadExpired
from persistentai_lab.flow.model import Policy as NodePolicy
from persistentai_lab.flow.model import Retry
from persistentai_lab.flow.payload import Payload
from persistentai_lab.ids import RunId, Workspace
from persistentai_lab.storage.blobs import BlobMissing, Blobs
from persistentai_lab.storage.expiry import Expiry
from persistentai_lab.storage.garbage import Garbage
from persistentai_lab.storage.outside import path_of
from persistentai_lab.storage.policy import Policies, Policy
from persistentai_lab.storage.pool import Pool, make_pool
from tests.ledger import Ledger
from tests.runtime import ME, REPOSITORY, Runtime, flow, ledger_module, mine, node, until

T = TypeVar("T")
TWICE = NodePolicy(retry=Retry(attempts=2, backoff_s=0.01))
NOTHING_KEPT = Policy(keep_days=0, keep_failed_days=0, keep_last=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retention")


@pytest.fixture(scope="module")
def runtime(folder: Path, make_database: Callable[[], str]) -> Iterator[Runtime]:
    with Runtime(folder, make_database()) as runtime:
        runtime.worker()
        yield runtime


def with_pool(runtime: Runtime, work: Callable[[Pool], Awaitable[T]]) -> T:
    """Do something with a pool of connections of one's own."""

    async def main() -> T:
        async with make_pool(runtime.database_url, name="test", min_size=1, max_size=4) as pool:
            return await work(pool)

    return asyncio.run(main())


def blobs_of(runtime: Runtime) -> Path:
    return runtime.home.blobs


def retention(runtime: Runtime, pool: Pool, **grace: Any) -> Retention:
    garbage = Garbage(pool, blobs_of(runtime), grace_s=grace.pop("grace_s", 0.0))
    return Retention(pool, Policies(pool), garbage, **grace)


def expire(runtime: Runtime, *runs: RunId) -> int:
    return with_pool(runtime, lambda pool: Expiry(pool).expire(runs)).runs


def sweep(runtime: Runtime, policy: Policy = NOTHING_KEPT, **grace: Any) -> Swept:
    async def work(pool: Pool) -> Swept:
        await Policies(pool).set(ME.workspace, policy, ME.user)
        return await retention(runtime, pool, **grace).sweep(ME.workspace)

    return with_pool(runtime, work)


def age(runtime: Runtime, run: RunId, days: float) -> None:
    """As if the run had ended so long ago."""
    runtime.execute(
        "UPDATE pai.run SET ended_at = now() - make_interval(hours => %s) WHERE id = %s",
        round(days * 24),
        run,
    )


def whole(runtime: Runtime, run: RunId) -> str:
    """Everything the database says of a run, as text."""
    tables = {"run": "id", "step": "run", "event": "run", "question": "run"}
    rows = (
        runtime.rows(f"SELECT t::text FROM pai.{table} t WHERE {key} = %s", run)
        for table, key in tables.items()
    )
    return json.dumps([row for found in rows for row in found])


SECRET = "the secret text"


def secretive(ledger: Ledger) -> Any:
    """A run with values of every size, and one that says something."""
    return flow(
        node("say", mine("chatter")),
        node("small", "text.upper", text=SECRET),
        node("big", mine("large"), megabytes=2),
        node("odd", mine("odd_text")),
        outputs={"result": "small", "big": "big"},
    )


def test_what_ran_stays_and_what_it_gave_goes(runtime: Runtime, ledger: Ledger) -> None:
    run = runtime.start(secretive(ledger))
    before = runtime.ended(run)
    steps, events = runtime.steps(run), runtime.events(run)
    raw = {
        row["path"]: row["text"]
        for row in runtime.rows(
            "SELECT path, outputs::text AS text FROM pai.step WHERE run = %s", run
        )
    }
    assert SECRET.upper() in whole(runtime, run)

    assert expire(runtime, run) == 1

    after = runtime.run(run)
    told = whole(runtime, run)
    assert SECRET.upper() not in told
    assert "printed" not in told
    assert "漢" not in told
    same = ("id", "flow", "flow_hash", "plan_hash", "code", "status", "seq", "owner", "caller")
    assert [after[it] for it in same] == [before[it] for it in same]
    assert (after["created_at"], after["ended_at"]) == (before["created_at"], before["ended_at"])
    for then, now in zip(steps, runtime.steps(run), strict=True):
        assert [
            now[it] for it in ("path", "node", "block", "effect", "started_at", "ended_at")
        ] == [then[it] for it in ("path", "node", "block", "effect", "started_at", "ended_at")]
        assert now["outputs_sha256"] == hashlib.sha256(raw[now["path"]].encode()).digest()
        for left in now["outputs"].values():
            assert left.keys() == {"expired_at", "sha256", "size", "media_type"}
    for then, now in zip(events, runtime.events(run), strict=True):
        assert (now["seq"], now["at"], now["body"]["type"]) == (
            then["seq"],
            then["at"],
            then["body"]["type"],
        )
        if now["text"] != then["text"]:
            assert now["body_sha256"] == hashlib.sha256(then["text"].encode()).digest()
    small = after["outputs"]["result"]
    assert small["sha256"] == hashlib.sha256(json.dumps(SECRET.upper()).encode()).hexdigest()
    assert small["size"] == len(SECRET) + 2
    assert after["outputs"]["big"]["size"] == 2 * 2**20 + 2


def test_an_expired_run_is_gone_on_from_by_nobody(runtime: Runtime) -> None:
    spec = flow(node("a", "text.upper", text="x"), outputs={"result": "a"})
    run = runtime.start(spec)
    runtime.ended(run)
    expire(runtime, run)

    reuse = runtime.commands.start(spec, {}, (ledger_module(),), ME, reuse=run)
    for command in (runtime.commands.fork(run, ME), runtime.commands.replay(run, ME), reuse):
        with pytest.raises(PayloadExpired, match=run):
            asyncio.run(command)  # type: ignore[arg-type]


def test_expiring_twice_changes_nothing(runtime: Runtime) -> None:
    run = runtime.start(flow(node("a", "text.upper", text="x")))
    runtime.ended(run)
    expire(runtime, run)
    before = whole(runtime, run)

    assert expire(runtime, run) == 0
    assert whole(runtime, run) == before


def test_a_run_that_has_not_ended_is_never_touched(runtime: Runtime, ledger: Ledger) -> None:
    run = runtime.start(
        flow(node("slow", mine("look"), address=ledger.address, name="slow", wait_s=600))
    )
    until(lambda: ledger.counts()["slow"], "it runs")
    before = runtime.run(run)["inputs"]

    assert expire(runtime, run) == 0
    assert runtime.run(run)["inputs"] == before
    assert runtime.run(run)["expired_at"] is None
    runtime.cancel(run)


def test_a_run_that_is_being_replayed_is_left_alone_until_then(
    runtime: Runtime, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    run = runtime.start(flow(node("b", mine("slowly"), address=str(gate))))
    runtime.ended(run)
    gate.touch()
    replay = runtime.replay(run)
    until(lambda: runtime.steps(replay), "it is being computed")

    assert expire(runtime, run) == 0
    gate.unlink()
    assert runtime.ended(replay)["outputs"]["result"]["json"]["verdict"] == "identical"
    assert expire(runtime, run) == 1


def test_a_row_that_somebody_holds_is_passed_over_without_waiting(runtime: Runtime) -> None:
    held, free = (runtime.start(flow(node("a", "text.upper", text="x"))) for _ in range(2))
    for run in (held, free):
        runtime.ended(run)

    with psycopg.connect(runtime.database_url) as connection:
        connection.execute("SELECT FROM pai.run WHERE id = %s FOR KEY SHARE", (held,))
        assert expire(runtime, held, free) == 1

    assert runtime.run(held)["expired_at"] is None
    assert expire(runtime, held) == 1


def _forked(runtime: Runtime, ledger: Ledger) -> tuple[RunId, RunId]:
    """A run with a large value, and a fork that has taken it over."""
    first = runtime.start(
        flow(
            node("big", mine("large"), megabytes=2),
            node("use", "text.upper"),
            node("last", mine("look"), address=ledger.address, name="last"),
            edges=("big > use.text",),
            outputs={"result": "use"},
        )
    )
    runtime.ended(first)
    second = asyncio.run(runtime.commands.fork(first, ME, at="last")).run
    runtime.ended(second)
    return first, second


def test_a_fork_outlives_the_run_that_it_went_on_from(runtime: Runtime, ledger: Ledger) -> None:
    first, second = _forked(runtime, ledger)
    expire(runtime, first)
    sweep(runtime, Policy(keep_last=1_000))

    third = asyncio.run(runtime.commands.fork(second, ME, at="use")).run

    assert runtime.ended(third)["status"] == "completed"
    assert runtime.verdict(second)["verdict"] == "identical"


def test_bytes_go_when_no_run_refers_to_them_any_more(runtime: Runtime, ledger: Ledger) -> None:
    first, second = _forked(runtime, ledger)
    sha256 = next(it for it in runtime.steps(first) if it["node"] == "big")["outputs"]["result"][
        "ref"
    ]
    file = path_of(blobs_of(runtime), sha256)

    expire(runtime, first)
    sweep(runtime, Policy(keep_last=1_000))
    assert file.exists()

    others = [
        RunId(row["run"])
        for row in runtime.rows("SELECT run FROM pai.blob_use WHERE sha256 = %s", sha256)
    ]
    expire(runtime, *others)
    swept = sweep(runtime, Policy(keep_last=1_000))

    assert second in others
    assert swept.blobs >= 1
    assert not file.exists()
    assert not runtime.rows("SELECT 1 FROM pai.blob WHERE sha256 = %s", sha256)


def test_what_was_put_lately_waits_for_the_commit_that_will_refer_to_it(runtime: Runtime) -> None:
    async def work(pool: Pool) -> None:
        blobs = Blobs(pool, blobs_of(runtime))
        for size in (10, 2 << 20):
            payload = Payload(os.urandom(size), "application/octet-stream")
            sha256 = await blobs.put(ME.workspace, payload, owner="a", caller="a")

            await Garbage(pool, blobs_of(runtime), grace_s=3600).collect()
            assert (await blobs.get(ME.workspace, sha256)).data == payload.data

            await Garbage(pool, blobs_of(runtime), grace_s=0).collect()
            with pytest.raises(BlobMissing):
                await blobs.get(ME.workspace, sha256)

            await blobs.put(ME.workspace, payload, owner="a", caller="a")
            assert (await blobs.get(ME.workspace, sha256)).data == payload.data

    with_pool(runtime, work)


def test_bytes_that_another_workspace_has_too_stay(runtime: Runtime) -> None:
    async def work(pool: Pool) -> None:
        blobs, other = Blobs(pool, blobs_of(runtime)), Workspace("elsewhere")
        payload = Payload(os.urandom(2 << 20), "application/octet-stream")
        for workspace in (ME.workspace, other):
            sha256 = await blobs.put(workspace, payload, owner="a", caller="a")
        async with pool.connection() as connection:
            await connection.execute(
                "UPDATE pai.blob SET used_at = now() - interval '2 days' "
                "WHERE sha256 = %s AND workspace = %s",
                (sha256, ME.workspace),
            )

        await Garbage(pool, blobs_of(runtime), grace_s=3600).collect()

        assert (await blobs.get(other, sha256)).data == payload.data
        with pytest.raises(BlobMissing):
            await blobs.get(ME.workspace, sha256)

    with_pool(runtime, work)


def test_a_file_whose_row_was_never_written_goes(runtime: Runtime) -> None:
    stray = path_of(blobs_of(runtime), "0" * 64)
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"left behind")
    os.utime(stray, (0, 0))

    with_pool(runtime, lambda pool: Garbage(pool, blobs_of(runtime), grace_s=3600).collect())

    assert not stray.exists()


def test_a_reference_and_a_collection_never_miss_each_other(runtime: Runtime) -> None:
    async def put(pool: Pool) -> str:
        payload = Payload(os.urandom(10), "application/octet-stream")
        return await Blobs(pool, blobs_of(runtime)).put(
            ME.workspace, payload, owner="a", caller="a"
        )

    sha256 = with_pool(runtime, put)
    run = runtime.start(flow(node("a", "text.upper", text="x")))
    runtime.ended(run)
    use = (
        "INSERT INTO pai.blob_use VALUES (%s, %s, 'application/octet-stream', %s)",
        (ME.workspace, sha256, run),
    )

    with psycopg.connect(runtime.database_url) as committing:
        committing.execute(*use)  # type: ignore[arg-type]
        sweep(runtime, Policy())  # neither waits nor takes it
        committing.commit()
    sweep(runtime, Policy())
    assert runtime.rows("SELECT 1 FROM pai.blob WHERE sha256 = %s", sha256)

    expire(runtime, run)
    sweep(runtime, Policy())
    with (
        psycopg.connect(runtime.database_url) as late,
        pytest.raises(psycopg.errors.ForeignKeyViolation),
    ):
        late.execute(*use)  # type: ignore[arg-type]


def test_a_leg_whose_bytes_were_collected_before_it_could_commit_walks_again(
    runtime: Runtime,
) -> None:
    for statement in (
        "CREATE TABLE pai.once AS SELECT 1 AS one",
        """CREATE FUNCTION pai.collect_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               DELETE FROM pai.once;
               IF FOUND THEN DELETE FROM pai.blob WHERE sha256 = NEW.sha256; END IF;
               RETURN NULL;
           END $$""",
        """CREATE TRIGGER collect_once AFTER INSERT ON pai.blob
           FOR EACH ROW EXECUTE FUNCTION pai.collect_once()""",
    ):
        runtime.execute(statement)
    try:
        run = runtime.start(
            flow(
                node("big", mine("large"), megabytes=3),
                node("use", "text.upper"),
                edges=("big > use.text",),
                outputs={"result": "use"},
            )
        )

        ended = runtime.ended(run, within_s=60)
        assert ended["status"] == "completed", (ended["error"], runtime.log()[-3000:])
        assert not runtime.rows("SELECT 1 FROM pai.once")
    finally:
        runtime.execute("DROP TRIGGER collect_once ON pai.blob")


@pytest.mark.parametrize(
    ("policy", "gone"),
    [
        (Policy(keep_days=30, keep_failed_days=30, keep_last=0), {"old", "older", "failed"}),
        (Policy(keep_days=30, keep_failed_days=90, keep_last=0), {"old", "older"}),
        (Policy(keep_days=30, keep_failed_days=None, keep_last=0), {"old", "older"}),
        (Policy(keep_days=50, keep_failed_days=None, keep_last=0), {"older"}),
        (Policy(keep_days=None, keep_failed_days=30, keep_last=0), {"failed"}),
        (Policy(keep_days=0, keep_failed_days=0, keep_last=2), {"older", "old"}),
        (Policy(keep_days=30, keep_failed_days=30, keep_last=3), {"older"}),
        (Policy(keep_days=30, keep_failed_days=30, keep_last=4), set()),
        (Policy(), set()),
    ],
)
def test_a_policy_says_which_runs_are_due(runtime: Runtime, policy: Policy, gone: set[str]) -> None:
    """By age: older (60 days), old (40), failed (35), new (0)."""
    name = f"policy-{abs(hash(policy))}"
    good = flow(node("a", "text.upper", text="x")).model_copy(update={"name": name})
    bad = flow(node("a", mine("fail"), message="no")).model_copy(update={"name": name})
    runs: dict[str, RunId] = {}
    for label, days in (("older", 60), ("old", 40), ("failed", 35), ("new", 0)):
        runs[label] = runtime.start(bad if label == "failed" else good)
        runtime.ended(runs[label])
        age(runtime, runs[label], days)

    due = with_pool(runtime, lambda pool: Expiry(pool).due(ME.workspace, policy))

    assert {label for label, run in runs.items() if run in due} == gone


def test_a_worker_lets_go_only_of_what_it_found_due_twice(
    tmp_path: Path, database_url: str
) -> None:
    with Runtime(tmp_path, database_url) as runtime:
        runtime.worker()
        run = runtime.start(flow(node("a", "text.upper", text="x")))
        runtime.ended(run)

        async def work(pool: Pool) -> None:
            await Policies(pool).set(ME.workspace, NOTHING_KEPT, ME.user)
            looks = retention(runtime, pool)
            first = await looks.look(set())
            assert first == {run}
            assert runtime.run(run)["expired_at"] is None
            await looks.look(first)

        with_pool(runtime, work)
        assert runtime.run(run)["expired_at"] is not None


def test_only_one_worker_looks_at_a_time(runtime: Runtime) -> None:
    async def work(pool: Pool) -> None:
        looks = retention(runtime, pool)
        async with looks._alone() as first, looks._alone() as second:
            assert (first, second) == (True, False)
        async with looks._alone() as again:
            assert again

    with_pool(runtime, work)


_SWEEP = """
import asyncio, sys
from persistentai_lab.storage import expiry
from persistentai_lab.storage.pool import make_pool

expiry.STEPS_A_PAGE, expiry.EVENTS_A_PAGE, expiry.MARKED_AT_ONCE = 1, 3, 4

async def main():
    async with make_pool(sys.argv[1], name="sweep", min_size=1, max_size=2) as pool:
        await expiry.Expiry(pool).expire(sys.argv[2:])

asyncio.run(main())
"""


def test_a_sweep_that_is_killed_in_the_middle_is_finished_by_the_next(
    tmp_path: Path, database_url: str, ledger: Ledger
) -> None:
    with Runtime(tmp_path, database_url) as runtime:
        runtime.worker()
        runs = [runtime.start(secretive(ledger)) for _ in range(6)]
        texts: dict[tuple[str, str], str] = {}
        for run in runs:
            runtime.ended(run)
            for row in runtime.rows("SELECT path, outputs::text FROM pai.step WHERE run = %s", run):
                texts[run, row["path"]] = row["outputs"]
        killed = 0
        while runtime.rows("SELECT 1 FROM pai.run WHERE NOT is_emptied"):
            seen = len(_emptied(runtime))
            sweeping = subprocess.Popen(
                [sys.executable, "-c", _SWEEP, database_url, *runs],
                env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            )
            until(
                lambda: len(_emptied(runtime)) > seen + 2 or sweeping.poll() is not None,  # noqa: B023
                "it is in the middle of it",
            )
            sweeping.send_signal(signal.SIGKILL)
            killed += sweeping.wait() == -signal.SIGKILL
            for run in runs:  # at no moment is anything neither there nor accounted for
                for step in runtime.steps(run):
                    text = texts[run, step["path"]]
                    if step["outputs_sha256"] is None:
                        assert step["outputs"] == json.loads(text)
                    else:
                        assert step["outputs_sha256"] == hashlib.sha256(text.encode()).digest()

        assert killed >= 2
        assert all(SECRET.upper() not in whole(runtime, run) for run in runs)
        assert not runtime.rows("SELECT 1 FROM pai.blob_use")


def _emptied(runtime: Runtime) -> list[dict[str, Any]]:
    return runtime.rows(
        """SELECT 1 FROM pai.step WHERE outputs_sha256 IS NOT NULL
           UNION ALL SELECT 1 FROM pai.event WHERE body_sha256 IS NOT NULL"""
    )


def test_rows_of_ended_legs_go_and_a_run_that_waits_goes_on_without_them(
    runtime: Runtime, ledger: Ledger
) -> None:
    done = runtime.start(flow(node("a", "text.upper", text="x")))
    waits = runtime.start(
        flow(
            node("pay", mine("pay_and_die"), TWICE, address=ledger.address, name="pay"),
            outputs={"result": "pay"},
        )
    )
    runtime.ended(done)
    runtime.reached(waits, "waiting")
    until(
        lambda: (
            not runtime.rows(
                "SELECT 1 FROM dbos.workflow_status WHERE status IN ('PENDING', 'ENQUEUED') "
                "AND (workflow_uuid LIKE %s OR workflow_uuid LIKE %s)",
                f"{done}/%",
                f"{waits}/%",
            )
        ),
        "DBOS has noted that the legs ended",
    )

    assert sweep(runtime, Policy(), legs_kept_s=0).legs >= 2

    for table in ("workflow_status", "workflow_input", "workflow_output"):
        left = runtime.rows(
            f"SELECT workflow_uuid FROM dbos.{table} WHERE workflow_uuid LIKE %s OR "
            "workflow_uuid LIKE %s",
            f"{done}/%",
            f"{waits}/%",
        )
        assert left == [], table
    (question,) = runtime.rows("SELECT id FROM pai.question WHERE run = %s", waits)
    runtime.answer(waits, question["id"], "done", {"result": "paid"})
    assert runtime.ended(waits)["outputs"] == {"result": {"json": "paid"}}


def test_what_a_person_gave_goes_and_who_decided_what_stays(
    runtime: Runtime, ledger: Ledger
) -> None:
    run = runtime.start(
        flow(
            node("pay", mine("pay_and_die"), TWICE, address=ledger.address, name="pay"),
            outputs={"result": "pay"},
        )
    )
    runtime.reached(run, "waiting")
    (question,) = runtime.rows("SELECT id FROM pai.question WHERE run = %s", run)
    runtime.answer(run, question["id"], "done", {"result": SECRET})
    runtime.ended(run)

    expire(runtime, run)

    (answered,) = runtime.rows("SELECT answer, answered_by FROM pai.question WHERE run = %s", run)
    assert (answered["answer"]["choice"], answered["answered_by"]) == ("done", ME.user)
    assert answered["answer"]["outputs"]["result"]["size"] == len(SECRET) + 2
    assert SECRET not in whole(runtime, run)
