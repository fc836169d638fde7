"""Runs whose files live in lakeFS (its double): workers are killed, and answers lost."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from persistentai_lab.storage.lakefs import protocol
from tests.lakefs.double import Faults, LakeFSDouble, settings_of
from tests.runtime import Runtime, flow, mine, node, until

STEPS = 8


@pytest.fixture
def runtime(
    database_url: str, tmp_path: Path, double: LakeFSDouble, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Runtime]:
    for name, value in settings_of(double, tmp_path).items():
        monkeypatch.setenv(name, value)
    with Runtime(tmp_path, database_url) as runtime:
        yield runtime


def made(double: LakeFSDouble) -> list[str]:
    """Keys of the commits that are merged into `main`, oldest first."""
    if not double.repositories:
        return []
    (repository,) = double.repositories.values()
    commits = repository.log("main", first_parent=True)
    return [each.metadata[protocol.KEY] for each in commits if each.metadata][::-1]


def test_each_step_is_one_commit_though_workers_are_killed_and_answers_lost(
    runtime: Runtime, double: LakeFSDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(double, "faults", Faults(rate=0.3, seed=7))
    writes = [
        node(f"w{n}", "files.write_text", path=f"f{n}.txt", text=f"step {n}") for n in range(STEPS)
    ]
    copies = node("copy", mine("copy_file"), path="f1.txt", to="copied.txt")
    run = runtime.start(
        flow(
            *writes, copies,
            edges=(*(f"w{n} > w{n + 1}.message" for n in range(STEPS - 1)), f"w{STEPS - 1} > copy"),
            outputs={f"w{n}": f"w{n}" for n in range(STEPS)} | {"copy": "copy"},
        )
    )  # fmt: skip
    for seen in (2, 5):
        worker = runtime.worker()
        until(lambda seen=seen: len(made(double)) >= seen, "commits are made")
        worker.kill()
        worker.wait()
    runtime.worker()

    ended = runtime.ended(run)

    assert ended["status"] == "completed", ended["error"]
    wanted = [f"{run}/{step}/1" for step in (*(f"w{n}" for n in range(STEPS)), "copy")]
    keys = made(double)
    assert sorted(keys) == sorted(Counter(keys)), "none is doubled"
    assert [key.rpartition("/")[0].rpartition("/")[2] for key in keys] == [
        key.rpartition("/")[0].rpartition("/")[2] for key in wanted
    ]
    (repository,) = double.repositories.values()
    head = repository.commit_of("main")
    assert ended["outputs"]["copy"]["json"] == head.id
    told = {path: entry.data.decode() for path, entry in head.tree.items()}
    assert told == {f"f{n}.txt": f"step {n}" for n in range(STEPS)} | {"copied.txt": "STEP 1"}
    assert double.faults.lost > 10
    assert [name for name in repository.branches if name.startswith("_")] == []
