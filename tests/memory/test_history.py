"""The history layer on runs that are written as the engine writes them, in this process."""

import hashlib
import json
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import networkx
import pytest

from persistentai_lab.errors import LabError, NotInMemory
from persistentai_lab.ids import RunId, Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.history import verify_bundle
from persistentai_lab.memory.history.asks import (
    CostBy,
    InputsOf,
    Lineage,
    MadeBy,
    RanWith,
    Runs,
    Steps,
    UsesOf,
    ValueOf,
    VerifyRun,
)
from persistentai_lab.memory.history.verify_bundle import Broken, verify
from persistentai_lab.storage.expiry import Expiry
from persistentai_lab.storage.history.seals import Seals
from persistentai_lab.storage.memory import MemoryTree
from tests.runtime import flow, node

pytestmark = pytest.mark.anyio
AT = "2026-11-30T12:00:00+00:00"
FLOW = flow(
    node("fetch", "files.read", path="a.csv"),
    node("think", "llm.ask", model="small", prompt="Sum up"),
    node("say", "feed.append", feed="room/a"),
    edges=("fetch.result > think.data", "think.result > say.body"),
    outputs={"said": "say"},
)


async def run_of(tree: MemoryTree, me: Author, name: str, said: object = "ok", **about: Any) -> str:
    """A run that has ended: three steps, two of which touch memory."""
    run = f"{name}-{abs(hash(me.workspace)) % 10**8}"
    async with tree._pool.connection() as connection:
        await connection.execute(
            "INSERT INTO pai.flow_version VALUES (%s, 'f1', 'p1', 'sum', %s, '{}', '{}', 'ada', "
            "'ada') ON CONFLICT DO NOTHING",
            (me.workspace, FLOW.model_dump_json()),
        )
        await connection.execute(
            "INSERT INTO pai.run (workspace, id, flow, flow_hash, plan_hash, code, status, seq, "
            "inputs, refs, outputs, steps, owner, caller, created_at, started_at, ended_at, "
            "forked_from) VALUES (%s, %s, 'sum', 'f1', 'p1', '{}', 'completed', 3, '{}', '{}', "
            "%s, 3, 'ada', 'bob', %s, %s, %s, %s)",
            (me.workspace, run, json.dumps({"said": {"json": 1}}), AT, AT, AT, about.get("forked")),
        )
        values = {"fetch": [1, 2], "think": {"text": said, "n": 3}, "say": 1}
        for n, (node_id, value) in enumerate(values.items()):
            cost = {"tokens": 10, "micros": {"USD": 2_500_000}} if node_id == "think" else None
            await connection.execute(
                "INSERT INTO pai.step (workspace, run, path, attempt, node, block, version, effect,"
                " status, leg, worker, outputs, owner, caller, started_at, ended_at, cost) VALUES "
                "(%s, %s, %s, 1, %s, %s, 1, 'read', 'completed', 1, 'w', %s, 'ada', 'bob', %s, %s,"
                " %s)",
                (
                    me.workspace, run, f"s{n}", node_id, FLOW.node(node_id).block,
                    json.dumps({"result": {"json": value}}), AT, AT, cost and json.dumps(cost),
                ),
            )  # fmt: skip
            body = {
                "type": "node.completed",
                "outputs": {"result": {"media_type": "x", "size": 1, "preview": value}},
            }
            await connection.execute(
                "INSERT INTO pai.event (workspace, run, seq, at, path, node, attempt, owner, caller"
                ", body) VALUES (%s, %s, %s, %s, %s, %s, 1, 'ada', 'bob', %s)",
                (me.workspace, run, n + 1, AT, f"s{n}", node_id, json.dumps(body)),
            )
        version = about.get("file", "v1")
        touches = [
            ("s0", "files", "main/a.csv", version, "read"),
            ("s2", "feed", "room/a", "7", "write"),
        ]
        for path, layer, target, seen, mode in touches:
            await connection.execute(
                "INSERT INTO pai.step_touch VALUES (%s, %s, %s, 1, %s, %s, %s, %s, 'ada', 'bob')",
                (me.workspace, run, path, layer, target, seen, mode),
            )
    return run


async def ask(tree: MemoryTree, me: Author, query: Any) -> Any:
    return (await tree.answer(me, query)).value


async def test_runs_and_steps_are_found_by_what_they_are(tree: MemoryTree, me: Author) -> None:
    one = await run_of(tree, me, "one")
    other = Author(Workspace(f"{me.workspace} other"), "ada", "ada")

    assert [it["run"] for it in await ask(tree, me, Runs(flow="sum", status="completed"))] == [one]
    assert await ask(tree, me, Runs(flow="sum", until=datetime(2020, 1, 1, tzinfo=UTC))) == []
    by = {"node": "think", "block": "llm.ask", "effect": "read", "status": "completed"}
    (step,) = await ask(tree, me, Steps(run=one, with_cost=True, **by))
    assert (step["attempt"], step["cost"]["tokens"]) == (1, 10)
    assert len(await ask(tree, me, Steps(flow="sum"))) == 3
    assert await ask(tree, me, Steps(block="nothing.such")) == []
    assert await ask(tree, me, ValueOf(run=one, node="fetch")) == {"json": [1, 2]}
    with pytest.raises(NotInMemory, match="'other'"):
        await ask(tree, me, ValueOf(run=one, node="fetch", port="other"))
    for query in (Runs(), Steps(run=one), UsesOf(in_layer="feed", target="room/a"), CostBy()):
        assert await ask(tree, other, query) == []
    for query in (
        ValueOf(run=one, node="fetch"),
        InputsOf(run=one, node="say"),
        VerifyRun(run=one),
    ):
        with pytest.raises(NotInMemory):
            await ask(tree, other, query)


async def test_inputs_follow_from_edges_and_literals(tree: MemoryTree, me: Author) -> None:
    run = await run_of(tree, me, "one")

    given = {it["port"]: it for it in await ask(tree, me, InputsOf(run=run, node="think"))}

    assert (
        given["data"] | {"source": "edge", "node": "fetch", "value": {"json": [1, 2]}}
        == given["data"]
    )
    assert (given["model"]["source"], given["model"]["value"]) == ("literal", {"json": "small"})


async def test_a_value_is_found_where_it_was_made_and_where_it_went(
    tree: MemoryTree, me: Author
) -> None:
    run = await run_of(tree, me, "one", "rare")
    whole = {"text": "rare", "n": 3}

    made = await ask(tree, me, MadeBy(value=whole))
    part = await ask(tree, me, MadeBy(value={"text": "rare"}, contains=True))
    ran = await ask(tree, me, RanWith(value=whole))
    literal = await ask(tree, me, RanWith(value="small"))

    assert [(it["run"], it["node"]) for it in made] == [(run, "think")]
    assert part == made
    assert await ask(tree, me, MadeBy(value={"text": "rare"})) == []
    assert [(it["run"], it["node"], it["port"], it["source"]) for it in ran] == [
        (run, "say", "body", "edge")
    ]
    assert [(it["node"], it["port"], it["source"]) for it in literal] == [
        ("think", "model", "literal")
    ]


def test_a_third_party_reads_the_verifier_on_two_screens() -> None:
    source = Path(verify_bundle.__file__).read_text(encoding="utf-8")

    assert len(source.splitlines()) <= 100
    assert {line for line in source.splitlines() if line.startswith(("import ", "from "))} == {
        "import hashlib", "import json", "import sys", "import zipfile", "from typing import Any",
    }  # fmt: skip


async def test_a_value_of_a_sealed_run_is_found_by_its_hash(tree: MemoryTree, me: Author) -> None:
    await run_of(tree, me, "open", "rare")
    run = await run_of(tree, me, "sealed", "rare")
    asked = (
        MadeBy(value={"n": 3.0, "text": "rare"}),
        RanWith(value={"text": "rare", "n": 3}),
        MadeBy(value=[1, 2]),
    )
    before = [await ask(tree, me, query) for query in asked]

    await Seals(tree._pool).seal(run)
    after = [await ask(tree, me, query) for query in asked]
    await Expiry(tree._pool).expire([RunId(run)])
    gone = [await ask(tree, me, query) for query in asked]
    async with tree._pool.connection() as connection:
        await connection.execute("DELETE FROM pai.value_place WHERE run = %s", (run,))
    unplaced = [await ask(tree, me, query) for query in asked]

    assert [len(found) for found in before] == [2, 2, 2]
    assert after == before
    # An expired number was hashed as it was written.
    assert [len(found) for found in gone] == [1, 2, 2]
    assert [len(found) for found in unplaced] == [1, 1, 1]


async def test_a_value_that_is_gone_is_still_found(tree: MemoryTree, me: Author) -> None:
    run = await run_of(tree, me, "one", "rare")
    await Expiry(tree._pool).expire([RunId(run)])

    (made,) = await ask(tree, me, MadeBy(value={"text": "rare", "n": 3}))

    assert (made["run"], made["node"]) == (run, "think")
    value = await ask(tree, me, ValueOf(run=run, node="think"))
    assert "rare" not in json.dumps(value)
    assert await ask(tree, me, MadeBy(sha256=value["sha256"])) == [made]


async def test_which_runs_used_a_file_in_a_version(tree: MemoryTree, me: Author) -> None:
    one = await run_of(tree, me, "one", file="v1")
    two = await run_of(tree, me, "two", file="v2")
    of = {"in_layer": "files", "target": "main/a.csv"}

    assert {it["run"] for it in await ask(tree, me, UsesOf(**of))} == {one, two}
    (use,) = await ask(tree, me, UsesOf(**of, version="v2", mode="read"))
    assert (use["run"], use["node"], use["path"]) == (two, "fetch", "s0")
    assert await ask(tree, me, UsesOf(**of, mode="write")) == []


async def test_costs_are_summed_by_groups(tree: MemoryTree, me: Author) -> None:
    await run_of(tree, me, "one")
    await run_of(tree, me, "two")

    for by, group in (
        ("flow", "sum"), ("block", "llm.ask"), ("node", "sum/think"), ("model", "small"),
        ("day", "2026-11-30"), ("owner", "ada"),
    ):  # fmt: skip
        (cost,) = await ask(tree, me, CostBy(by=by))
        assert (cost["group"], cost["tokens"], cost["money"], cost["steps"]) == (
            group, 20, {"USD": 5.0}, 2,
        )  # fmt: skip
    assert len(await ask(tree, me, CostBy(by="run"))) == 2
    assert await ask(tree, me, CostBy(flow="other")) == []


async def test_lineage_leads_from_cause_to_effect_both_ways(tree: MemoryTree, me: Author) -> None:
    one = await run_of(tree, me, "one")
    two = await run_of(tree, me, "two", forked=one)

    around = await ask(tree, me, Lineage(of=f"run:{one}"))
    down = await ask(tree, me, Lineage(of="files:main/a.csv", direction="down"))
    up = await ask(tree, me, Lineage(of="feed:room/a@7", direction="up", depth=1))
    cut = await ask(tree, me, Lineage(of="files:main/a.csv", direction="down", limit=2))

    graph = networkx.node_link_graph(around, edges="edges")
    assert graph.has_edge("files:main/a.csv@v1", f"run:{one}")
    assert graph.has_edge(f"run:{one}", "feed:room/a@7")
    assert graph.has_edge(f"run:{one}", f"run:{two}")
    assert graph.edges[f"run:{one}", f"run:{two}"]["how"] == "forked"
    assert {it["id"] for it in down["nodes"]} >= {f"run:{one}", f"run:{two}", "feed:room/a@7"}
    assert {it["id"] for it in up["nodes"]} == {"feed:room/a@7", f"run:{one}", f"run:{two}"}
    assert not down["graph"]["is_cut"]
    assert cut["graph"]["is_cut"]


async def test_a_run_proves_what_it_was_also_when_its_values_are_gone(
    tree: MemoryTree, me: Author
) -> None:
    run = await run_of(tree, me, "one")
    before = await ask(tree, me, VerifyRun(run=run))
    sealed = await tree.history.seals.seal(run)
    again = await tree.history.seals.seal(run)
    await Expiry(tree._pool).expire([RunId(run)])
    after = await ask(tree, me, VerifyRun(run=run))

    assert (sealed, again, before["n"]) == (True, False, None)
    assert (after["is_intact"], after["root"]) == (True, before["root"])


async def test_runs_that_ended_are_sealed_together_each_in_the_chain_of_its_workspace(
    tree: MemoryTree, me: Author
) -> None:
    other = Author(Workspace(f"{me.workspace} too"), "ada", "ada")
    mine = [await run_of(tree, me, name) for name in ("one", "two", "three")]
    theirs = [await run_of(tree, other, name) for name in ("one", "two")]
    roots = [(await ask(tree, me, VerifyRun(run=run)))["root"] for run in mine]
    while await tree.history.seals.seal_some():
        pass
    told = [await ask(tree, me, VerifyRun(run=run)) for run in mine]
    told_them = [await ask(tree, other, VerifyRun(run=run)) for run in theirs]

    assert [it["root"] for it in told] == roots
    assert sorted(it["n"] for it in told) == [1, 2, 3]
    assert sorted(it["n"] for it in told_them) == [1, 2]
    assert all(it["is_intact"] for it in told + told_them)


async def test_a_run_that_cannot_be_sealed_keeps_no_other_from_it(
    tree: MemoryTree, me: Author, caplog: pytest.LogCaptureFixture
) -> None:
    poison, other = [await run_of(tree, me, name) for name in ("poison", "other")]
    await tree.history.seals.seal(poison)
    async with tree._pool.connection() as connection:
        await connection.execute("UPDATE pai.run SET is_sealed = false WHERE id = %s", (poison,))
    seals = Seals(tree._pool)
    while await seals.seal_some():
        pass

    assert (await ask(tree, me, VerifyRun(run=other)))["n"] == 2
    assert [it.getMessage() for it in caplog.records if it.levelname == "ERROR"] == [
        f"history: run {poison} can't be sealed by this worker"
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE pai.step SET outputs = '{}' WHERE run = %s AND node = 'think'",
        "UPDATE pai.step SET worker = 'x' WHERE run = %s AND node = 'think'",
        "UPDATE pai.event SET body = '{}' WHERE run = %s AND seq = 2",
        "UPDATE pai.run SET caller = 'eve' WHERE id = %s",
        "UPDATE pai.run SET outputs = '{}' WHERE id = %s",
        "DELETE FROM pai.step_touch WHERE run = %s AND layer = 'feed'",
        "DELETE FROM pai.event WHERE run = %s AND seq = 3",
        "UPDATE pai.run_seal SET root = sha256('') WHERE run = %s",
    ],
)
async def test_whatever_is_changed_after_the_seal_is_found(
    tree: MemoryTree, me: Author, change: str
) -> None:
    run = await run_of(tree, me, "one")
    await tree.history.seals.seal(run)
    assert (await ask(tree, me, VerifyRun(run=run)))["is_intact"]
    async with tree._pool.connection() as connection:
        await connection.execute(change, (run,))

    assert not (await ask(tree, me, VerifyRun(run=run)))["is_intact"]


async def bundle_of(tree: MemoryTree, me: Author, folder: Path) -> tuple[Path, list[str]]:
    runs = [await run_of(tree, me, name) for name in ("one", "two")]
    await tree.history.seals.seal(await run_of(tree, me, "between"))
    path = folder / "bundle.zip"
    await tree.history.bundle(me.workspace, runs, path)
    return path, runs


async def test_a_stranger_verifies_a_bundle_with_nothing_but_the_script(
    tree: MemoryTree, me: Author, tmp_path: Path
) -> None:
    path, runs = await bundle_of(tree, me, tmp_path)
    with zipfile.ZipFile(path) as bundle:
        bundle.extract("verify_bundle.py", tmp_path)
        script = bundle.read("verify_bundle.py").decode()
    command = [sys.executable, "-I", str(tmp_path / "verify_bundle.py"), str(path)]

    told = await anyio.run_process(command, check=False, cwd=tmp_path)
    anchor = told.stdout.decode().split()[-1]
    pinned = await anyio.run_process([*command, "--anchor", anchor], check=False)
    forged = await anyio.run_process([*command, "--anchor", f"{anchor[:-1]}x"], check=False)

    assert told.stdout.startswith(b"intact: 2 runs"), told.stderr
    assert pinned.returncode == 0
    assert forged.returncode == 1
    assert b"NOT INTACT" in forged.stderr
    assert verify(path)[0] == runs
    imported = {line.split()[1] for line in script.splitlines() if line.startswith("import ")}
    assert imported <= set(sys.stdlib_module_names)


def _rewritten(source: Path, target: Path, name: str, data: bytes | None) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
            elif data is not None:
                new.writestr(entry, data)
    return target


async def test_a_bundle_that_was_tampered_with_in_any_file_is_told(
    tree: MemoryTree, me: Author, tmp_path: Path
) -> None:
    path, _ = await bundle_of(tree, me, tmp_path)
    with zipfile.ZipFile(path) as bundle:
        content = {name: bundle.read(name) for name in bundle.namelist()}

    for name, data in content.items():
        middle = len(data) // 2
        changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        for forged in (changed, None):
            altered = _rewritten(path, tmp_path / "altered.zip", name, forged)
            with pytest.raises((Broken, KeyError)):
                verify(altered)


async def test_a_forger_who_fits_the_manifest_is_told_by_the_seal(
    tree: MemoryTree, me: Author, tmp_path: Path
) -> None:
    path, runs = await bundle_of(tree, me, tmp_path)
    name = f"runs/{runs[0]}.jsonl"
    with zipfile.ZipFile(path) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
        data = bundle.read(name).replace(b'"bob"', b'"eve"')
    manifest["files"][name] = hashlib.sha256(data).hexdigest()
    text = json.dumps(manifest).encode()
    altered = _rewritten(path, tmp_path / "1.zip", name, data)
    altered = _rewritten(altered, tmp_path / "2.zip", "manifest.json", text)
    digest = hashlib.sha256(text).hexdigest().encode()
    altered = _rewritten(altered, tmp_path / "3.zip", "manifest.sha256", digest)

    with pytest.raises(Broken, match="sealed when the run ended"):
        verify(altered)


async def test_a_bundle_needs_runs_that_have_ended(
    tree: MemoryTree, me: Author, tmp_path: Path
) -> None:
    run = await run_of(tree, me, "one")
    async with tree._pool.connection() as connection:
        await connection.execute("UPDATE pai.run SET ended_at = NULL WHERE id = %s", (run,))

    for runs in ([], [run], ["r-none"]):
        with pytest.raises(LabError) as refused:
            await tree.history.bundle(me.workspace, runs, tmp_path / "x.zip")
        assert refused.value.remedy
