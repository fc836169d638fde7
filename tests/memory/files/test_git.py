"""Files go out to Git and come in from it, with their history."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from dulwich.objects import Blob, Commit, Tag, Tree
from dulwich.repo import Repo

from persistentai_lab.client.memory.git import export_git, import_git
from persistentai_lab.client.memory.git.repository import GitRefused
from persistentai_lab.memory.files import asks
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool
from tests.memory.conftest import Live
from tests.memory.files.direct import DirectFiles

NEVER_THE_SAME = count(1_700_000_000)


@pytest.fixture
def workspace(memory_url: str, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Makes the files of another workspace."""
    numbers = count()
    with asyncio.Runner() as runner:
        pool = make_pool(memory_url, name="git", min_size=1, max_size=2)
        runner.run(pool.open())
        blobs = tmp_path / "blobs"
        blobs.mkdir()
        tree = MemoryTree(pool, Blobs(pool, blobs))
        yield lambda: DirectFiles(runner, tree, f"{tmp_path.name}-{next(numbers)}")
        runner.run(pool.close())


class Git:
    """A repository that somebody else has made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repo: Any = Repo.init_bare(str(folder), mkdir=True)

    def commit(
        self, files: dict[str, tuple[int, bytes]], *parents: bytes, branch: str = "main",
        message: str = "ünlike",
    ) -> bytes:  # fmt: skip
        made: Any = Commit()
        made.tree, made.parents = self._tree(files), list(parents)
        made.author, made.committer = "Zoë <zoe@example.org>".encode(), b"Bo <bo@example.org>"
        made.author_time, made.author_timezone = next(NEVER_THE_SAME), 5400
        made.commit_time, made.commit_timezone = next(NEVER_THE_SAME), -3600
        made.message = f"{message}\n\nMore of it.\n".encode()
        self.repo.object_store.add_object(made)
        self.repo.refs[f"refs/heads/{branch}".encode()] = made.id
        return bytes(made.id)

    def _tree(self, files: dict[str, tuple[int, bytes]]) -> bytes:
        tree, inside = Tree(), dict[str, dict[str, tuple[int, bytes]]]()
        for path, (mode, data) in files.items():
            folder, slash, rest = path.partition("/")
            if slash:
                inside.setdefault(folder, {})[rest] = (mode, data)
                continue
            blob = Blob.from_string(data)
            self.repo.object_store.add_object(blob)
            tree.add(path.encode(), mode, blob.id)
        for folder, below in inside.items():
            tree.add(folder.encode(), 0o040000, self._tree(below))  # type: ignore[arg-type]
        self.repo.object_store.add_object(tree)
        return bytes(tree.id)


def text(data: str) -> tuple[int, bytes]:
    return 0o100644, data.encode()


def told(folder: Path, ref: str) -> list[tuple[str, dict[str, bytes]]]:
    """Messages of a branch along first parents, newest first, each with its files."""
    repo: Any = Repo(str(folder))
    found, git = [], repo.refs[ref.encode()]
    while git:
        commit = repo[git]
        files = {
            entry.path.decode(): repo[entry.sha].data
            for entry in repo.object_store.iter_tree_contents(commit.tree)
        }
        found.append((commit.message.decode().strip(), files))
        git = commit.parents[0] if commit.parents else None
    repo.close()
    return found


def refs(folder: Path) -> dict[bytes, bytes]:
    with Repo(str(folder)) as repo:
        return {k: v for k, v in repo.refs.as_dict().items() if k != b"HEAD"}  # type: ignore[misc]


def test_what_is_exported_is_a_repository_that_git_itself_clones(
    workspace: Callable[[], Any], tmp_path: Path
) -> None:
    files = workspace()
    first = files.write("a.txt", "one\n", message="Begin")
    files.branch("side")
    files.write("d/e/b.bin", b"\0\xff", "side", message="Aside")
    files.do(asks.CommitFiles(changes=(asks.Move(path="a.txt", to="a.txt.d/a"),), message="Move"))
    files.do(asks.Merge(source="side", message="Together"))
    files.tag("v1", first, message="The first")
    files.tag("plain", first)
    target = tmp_path / "out.git"

    done = export_git(files, target)

    assert done.commits == 4
    assert told(target, "refs/heads/main") == [
        ("Together", {"a.txt.d/a": b"one\n", "d/e/b.bin": b"\0\xff"}),
        ("Move", {"a.txt.d/a": b"one\n"}),
        ("Begin", {"a.txt": b"one\n"}),
    ]
    repo: Any = Repo(str(target))
    top = repo[repo.head()]
    assert top.parents[1] == repo.refs[b"refs/heads/side"]
    assert top.author == b"ada <ada@localhost>"
    assert top.author_time == int(files.log(limit=1)[0].at.timestamp())
    annotated = repo[repo.refs[b"refs/tags/v1"]]
    assert isinstance(annotated, Tag)
    assert annotated.message == b"The first\n"
    assert annotated.object[1] == repo.refs[b"refs/tags/plain"]
    repo.close()
    if shutil.which("git"):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        subprocess.run(["git", "-C", target, "fsck", "--strict"], check=True, env=clean)
        clone = tmp_path / "clone"
        subprocess.run(["git", "clone", "-q", target, clone], check=True, env=clean)
        assert (clone / "a.txt.d/a").read_text() == "one\n"


def test_the_same_history_has_the_same_ids_and_only_what_is_new_is_added(
    workspace: Callable[[], Any], tmp_path: Path
) -> None:
    files, one, other = workspace(), tmp_path / "one", tmp_path / "other"
    files.write("a", "1")
    files.write("b", "2")
    assert export_git(files, one).commits == 2
    assert export_git(files, one).commits == 0
    files.write("a", "3", message="")
    assert export_git(files, one).commits == 1

    assert export_git(files, other).commits == 3

    assert refs(one) == refs(other)
    assert [message for message, _ in told(one, "refs/heads/main")] == ["Commit of 1 file"] * 3


def test_an_export_takes_nothing_away(workspace: Callable[[], Any], tmp_path: Path) -> None:
    files = workspace()
    files.write("a", "1")
    files.branch("side")
    files.tag("v", "main")
    git = Git(tmp_path / "theirs")
    theirs = git.commit({"x": text("x")}), git.commit({"x": text("x")}, branch="side")
    git.repo.refs[b"refs/tags/v"] = theirs[0]

    with pytest.raises(GitRefused) as refused:
        export_git(files, git.folder)

    assert sorted(refused.value.problems) == [
        "branch main: has commits there that are not in it here",
        "branch side: has commits there that are not in it here",
        "tag v: names another version there",
    ]
    assert refs(git.folder)[b"refs/heads/main"] == theirs[0]
    Repo.init(str(tmp_path / "tree"), mkdir=True, default_branch=b"main").close()
    with pytest.raises(GitRefused, match="is checked out there"):
        export_git(files, tmp_path / "tree", ["main"])
    with pytest.raises(GitRefused, match="no branch 'nowhere'"):
        export_git(files, tmp_path / "new", ["nowhere"])


def test_history_comes_in_and_goes_out_to_the_byte(
    workspace: Callable[[], Any], tmp_path: Path
) -> None:
    git = Git(tmp_path / "in")
    start = {"run.sh": (0o100755, b"#!/bin/sh\n"), "d/a": text("one"), "d/b": text("two")}
    root = git.commit(start)
    side = git.commit({**start, "d/a": text("ONE")}, root, branch="feature/side")
    gone = git.commit({"run.sh": start["run.sh"], "d": text("a file now")}, root)
    lone = git.commit({"other": text("root")}, branch="lone")
    joined = git.commit(
        {"run.sh": (0o100644, b"#!/bin/sh\n"), "d/a": text("ONE")}, gone, side, lone
    )
    empty = git.commit({"run.sh": (0o100644, b"#!/bin/sh\n"), "d/a": text("ONE")}, joined)
    tag: Any = Tag()
    tag.name, tag.message, tag.object = b"v1", b"Well\n", (Commit, joined)
    tag.tagger, tag.tag_time, tag.tag_timezone = b"Bo <bo@example.org>", 1_700_000_000, 0
    git.repo.object_store.add_object(tag)
    git.repo.refs[b"refs/tags/v1"] = tag.id
    files = workspace()

    done = import_git(files, git.folder)
    again = import_git(files, git.folder)
    export_git(files, tmp_path / "out")

    assert (done.commits, again.commits) == (6, 0)
    assert [branch.name for branch in files.branches()] == ["feature-side", "lone", "main"]
    log = files.log()
    assert [commit.meta["git"]["id"].encode() for commit in log] == [empty, joined, gone, root]
    assert log[0].message == "ünlike\n\nMore of it."
    assert log[1].kind == "merge"
    assert log[0].meta["git"]["author"] == "Zoë <zoe@example.org>"
    assert log[0].meta["git"]["at"].endswith("+01:30")
    assert len(log[1].parents) == 3
    assert [(tag.name, tag.commit) for tag in files.tags()] == [("v1", log[1].id)]
    assert files.read("d", at=log[2].id) == b"a file now"
    out = refs(tmp_path / "out")
    assert out[b"refs/heads/main"] == empty
    assert out[b"refs/heads/lone"] == lone
    assert out[b"refs/heads/feature-side"] == side

    newer = git.commit({"d/a": text("new")}, empty)
    assert import_git(files, git.folder).commits == 1
    export_git(files, tmp_path / "out")
    assert refs(tmp_path / "out")[b"refs/heads/main"] == newer


def test_all_that_stands_in_the_way_is_told_at_once_and_nothing_is_written(
    workspace: Callable[[], Any], tmp_path: Path
) -> None:
    git = Git(tmp_path / "in")
    good = git.commit({"a": text("a")})
    git.commit(
        {
            "a": text("a"), "A": text("clash"), "link": (0o120000, b"/etc/passwd"),
            "d/..": text("up"), "d/aux.txt": text("x"), "e/caf\u0065\u0301": text("x"),
            "e/ok": text("x"), "r\u0435port": text("x"), "report": text("x"),
        },
        good,
    )  # fmt: skip
    module: Any = Tree()
    module.add(b"lib", 0o160000, b"1" * 40)
    git.repo.object_store.add_object(module)
    made: Any = git.repo[git.commit({}, good, branch="mod")]
    made.tree = module.id
    git.repo.object_store.add_object(made)
    git.repo.refs[b"refs/heads/mod"] = made.id
    git.repo.refs[b"refs/heads/na@me"] = good
    git.repo.refs[b"refs/tags/blob"] = git.repo[git.repo[good].tree][b"a"][1]
    files = workspace()

    with pytest.raises(GitRefused) as refused:
        import_git(files, git.folder)

    said = "\n".join(refused.value.problems)
    for part in (
        "a can't lie beside A", "link is a symbolic link", "`..` leads elsewhere",
        "'aux.txt' is reserved", "not in its normal form", "lib is a submodule",
        "branch na@me: only letters", "tag blob: names no commit",
        "r\u0435port can't lie beside report",
    ):  # fmt: skip
        assert part in said
    assert "e/ok" not in said
    assert refused.value.remedy
    assert files.branches() == []


def test_a_branch_that_has_gone_its_own_way_is_refused(
    workspace: Callable[[], Any], tmp_path: Path
) -> None:
    git, files = Git(tmp_path / "in"), workspace()
    git.commit({"a": text("a")})
    files.write("mine", "m")

    with pytest.raises(GitRefused, match="main: has commits here"):
        import_git(files, git.folder)
    with pytest.raises(GitRefused, match="no branch 'nowhere'"):
        import_git(files, git.folder, ["nowhere"])
    with pytest.raises(GitRefused, match="no Git repository"):
        import_git(files, tmp_path)


def test_somebody_goes_on_in_git_and_it_comes_back_over_the_wire(
    live: Live, tmp_path: Path
) -> None:
    files = live.client.memory.files
    files.write("wire/a.txt", "one")
    files.write("wire/a.txt", "two")
    out = tmp_path / "out"
    top = export_git(files, out).branches["main"].encode()
    git = Git.__new__(Git)
    git.folder, git.repo = out, Repo(str(out))
    git.commit({"wire/a.txt": text("two"), "wire/b.txt": text("new")}, top, branch="work")

    done = import_git(files, out, ["work"])

    assert done.commits == 1
    assert files.read("wire/b.txt", branch="work") == b"new"
    assert files.merge("work").changed == 1
