"""What every store of files does, as a machine that Hypothesis drives against dicts of dicts."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from persistentai_lab.errors import MemoryRefused
from persistentai_lab.memory.files import asks
from persistentai_lab.memory.files.asks import Delete, Move
from tests.memory.files.house import House

PATHS = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/f", "x/y", "A", "d"])
TEXTS = st.sampled_from(["one", "two", "three\n", ""])
BRANCHES = st.sampled_from(["main", "b1", "b2", "b3"])
Tree = dict[str, str]
MakeHouse = Callable[[], House]


class Contract(RuleBasedStateMachine):
    """One step is one command, or one that is refused by both."""

    run: Callable[[Coroutine[Any, Any, Any]], Any]
    make: MakeHouse
    is_chained: bool
    """Whether the store can compute its commits anew."""

    def __init__(self) -> None:
        super().__init__()
        self.house = type(self).make()
        self.branches: dict[str, Tree] = {"main": {}}
        self.commits: dict[str, Tree] = {}
        self.bases: dict[str, dict[str, list[str]]] = {}
        self.lineage: dict[str, list[str]] = {"main": []}
        self.tags: dict[str, str] = {}

    @initialize()
    def begin(self) -> None:
        self._commit("main", {"keep": "k"}, [])

    @rule(branch=BRANCHES, files=st.dictionaries(PATHS, TEXTS, min_size=1, max_size=3))
    def write(self, branch: str, files: Tree) -> None:
        self._commit(branch, files, [])

    @rule(branch=BRANCHES, path=PATHS, recursive=st.booleans())
    def delete(self, branch: str, path: str, recursive: bool) -> None:
        self._commit(branch, {}, [Delete(path=path, recursive=recursive)])

    @rule(branch=BRANCHES, path=PATHS, to=PATHS)
    def move(self, branch: str, path: str, to: str) -> None:
        self._commit(branch, {}, [Move(path=path, to=to)])

    @rule(name=BRANCHES, source=BRANCHES)
    def branch(self, name: str, source: str) -> None:
        there = name in self.branches and self.lineage[name] != self.lineage.get(source)
        if source not in self.branches or there:
            self._refused(asks.CreateBranch(name=name, source=source))
            return
        self._done(asks.CreateBranch(name=name, source=source))
        self.branches[name] = dict(self.branches[source])
        self.lineage[name] = list(self.lineage[source])

    @rule(name=st.sampled_from(["b1", "b2", "b3"]))
    def drop(self, name: str) -> None:
        if name not in self.branches:
            self._refused(asks.DeleteBranch(name=name))
            return
        self._done(asks.DeleteBranch(name=name))
        del self.branches[name], self.lineage[name]

    @rule(
        branch=BRANCHES,
        n=st.integers(0, 5),
        paths=st.none() | st.lists(PATHS, min_size=1, max_size=2),
    )
    def restore(self, branch: str, n: int, paths: list[str] | None) -> None:
        if branch not in self.branches or len(self.lineage[branch]) <= n:
            return
        commit = self.lineage[branch][-1 - n]
        then, now = self.commits[commit], self.branches[branch]
        wanted = (
            then
            if paths is None
            else {p: t for p, t in now.items() if not _under(p, paths)}
            | {p: t for p, t in then.items() if _under(p, paths)}
        )
        chosen = None if paths is None else tuple(paths)
        command = asks.Restore(branch=branch, to=commit, paths=chosen)
        if paths is not None and not _fits(wanted):
            self._refused(command)
            return
        self._moved(branch, self._done(command), dict(wanted))

    @rule(source=BRANCHES, into=BRANCHES, favour=st.sampled_from(["ours", "theirs"]))
    def merge(self, source: str, into: str, favour: str) -> None:
        if source not in self.branches or into not in self.branches:
            return
        ours, theirs = self.lineage[into], self.lineage[source]
        base = self._base(ours[-1], theirs[-1])
        if base == theirs[-1]:
            wanted = self.branches[into]
        else:
            wanted = merged(self.commits[base], self.branches[into], self.branches[source], favour)
        command = asks.Merge(source=source, branch=into, favour=favour)  # type: ignore[arg-type]
        if not _fits(wanted):
            self._refused(command)
            return
        commit = str(self._done(command)["commit"])
        also = theirs[-1]
        self._moved(into, commit, wanted, also=also)

    @rule(branch=BRANCHES, name=st.sampled_from(["t1", "t2"]))
    def tag(self, branch: str, name: str) -> None:
        if branch not in self.branches:
            return
        if self.tags.setdefault(name, self.lineage[branch][-1]) != self.lineage[branch][-1]:
            self._refused(asks.TagVersion(name=name, version=branch))
            return
        self._done(asks.TagVersion(name=name, version=branch))

    @rule(n=st.integers(0, 40), m=st.integers(0, 40))
    def diff(self, n: int, m: int) -> None:
        known = list(self.commits)
        a, b = known[n % len(known)], known[m % len(known)]
        told = self._wait(self.house.lent.diff(a, b))
        one, other = self.commits[a], self.commits[b]
        assert sorted(change.path for change in told) == sorted(
            path for path in {*one, *other} if one.get(path) != other.get(path)
        )

    @rule(n=st.integers(0, 40))
    def read_an_older_version(self, n: int) -> None:
        known = list(self.commits)
        commit = known[n % len(known)]
        assert self._wait(self.house.tree(at=commit)) == self.commits[commit]

    @invariant()
    def all_branches_hold_what_they_should(self) -> None:
        for branch, wanted in self.branches.items():
            if self.lineage[branch]:
                assert self._wait(self.house.tree(branch)) == wanted

    def teardown(self) -> None:
        for name, commit in self.tags.items():
            assert self._wait(self.house.tree(at=name)) == self.commits[commit]
        if type(self).is_chained:
            told = self._wait(self.house.ask(asks.VerifyFiles())).value
            assert told["broken"] is None
            assert told["commits"] == len(self.commits)

    # --- the model --------------------------------------------------------------------------------

    def _commit(self, branch: str, files: Tree, changes: list[Any]) -> None:
        tree = self.branches.get(branch)
        puts = [self._wait(self.house.put(path, text)) for path, text in files.items()]
        command = asks.CommitFiles(branch=branch, changes=(*puts, *changes))
        wanted = None if tree is None else _changed(tree, files, changes)
        if wanted is None or not _fits(wanted):
            self._refused(command)
            return
        self._moved(branch, self._done(command), wanted)

    def _moved(self, branch: str, commit: str, tree: Tree, also: str | None = None) -> None:
        self.branches[branch] = tree
        if self.lineage[branch][-1:] == [commit]:
            return
        parents = [*self.lineage[branch][-1:], *([also] if also else [])]
        self.bases[commit] = {"parents": parents}
        self.lineage[branch].append(commit)
        self.commits[commit] = dict(tree)

    def _base(self, one: str, other: str) -> str:
        order = list(self.commits)
        return max(self._ancestors(one) & self._ancestors(other), key=order.index)

    def _ancestors(self, commit: str) -> set[str]:
        found, todo = set(), [commit]
        while todo:
            if (each := todo.pop()) not in found:
                found.add(each)
                todo += self.bases[each]["parents"]
        return found

    def _done(self, command: asks.Command) -> Any:
        (receipt,) = self._wait(self.house.do(command))
        return receipt.version

    def _refused(self, command: asks.Command) -> None:
        with pytest.raises(MemoryRefused) as refused:
            self._done(command)
        assert refused.value.remedy

    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return type(self).run(coroutine)


def merged(base: Tree, ours: Tree, theirs: Tree, favour: str) -> Tree:
    """By lakeFS's table; these texts are too short to be merged by lines."""
    found = {}
    for path in {*base, *ours, *theirs}:
        b, o, t = base.get(path), ours.get(path), theirs.get(path)
        if o == t or t == b:
            result = o
        elif o == b:
            result = t
        else:
            result = o if favour == "ours" else t
        if result is not None:
            found[path] = result
    return found


def _changed(tree: Tree, files: Tree, changes: list[Any]) -> Tree | None:
    wanted = dict(tree)
    for change in changes:
        meant = [change.path] if change.path in tree else []
        if not meant and (isinstance(change, Move) or change.recursive):
            meant = [path for path in tree if path.startswith(f"{change.path}/")]
        if not meant:
            return None
        for path in meant:
            del wanted[path]
        if isinstance(change, Move):
            if change.to == change.path:
                return None
            for path in meant:
                wanted[change.to + path[len(change.path) :]] = tree[path]
    return wanted | files


def _fits(tree: Tree) -> bool:
    """Whether names can lie side by side."""
    keys = {path.lower() for path in tree}
    folders = {path[:at].lower() for path in tree for at, c in enumerate(path) if c == "/"}
    return len(keys) == len(tree) and not keys & folders


def _under(path: str, chosen: list[str]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in chosen)


def machine(make: MakeHouse, run: asyncio.Runner, *, is_chained: bool = True) -> type[Contract]:
    """The contract of one store."""
    said = {"make": staticmethod(make), "run": staticmethod(run.run), "is_chained": is_chained}
    return type("Machine", (Contract,), said)
