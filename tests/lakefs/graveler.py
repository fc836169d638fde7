"""Versions as lakeFS keeps them, for its double: commits, branches with staging, merges, tags."""

import hashlib
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

NAME = re.compile(r"\w[-\w]*")
"""Of a branch or a tag."""


class Refused(Exception):
    """What lakeFS answers with a status."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@dataclass(frozen=True)
class Entry:
    """An object; two are the same when size, checksum, metadata and media type are."""

    data: bytes
    content_type: str
    metadata: dict[str, str]
    mtime: int = field(default_factory=lambda: int(time.time()), compare=False)

    def told(self, path: str) -> dict[str, Any]:
        checksum = hashlib.md5(self.data).hexdigest()
        return {
            "path": path, "path_type": "object", "checksum": checksum, "mtime": self.mtime,
            "physical_address": f"mem://{checksum}", "size_bytes": len(self.data),
            "metadata": self.metadata, "content_type": self.content_type,
        }  # fmt: skip


Tree = dict[str, Entry]


@dataclass(frozen=True)
class Commit:
    id: str
    parents: tuple[str, ...]
    message: str
    metadata: dict[str, str]
    date: int
    generation: int
    tree: Tree

    @property
    def told(self) -> dict[str, Any]:
        return {
            "id": self.id, "parents": list(self.parents), "committer": "double",
            "message": self.message, "creation_date": self.date, "metadata": self.metadata,
            "meta_range_id": "", "generation": self.generation, "version": 1,
        }  # fmt: skip


@dataclass
class Branch:
    head: str
    staged: dict[str, Entry | None] = field(default_factory=dict)
    """What is not committed yet; None: deleted."""


class Repository:
    """One repository."""

    def __init__(self, name: str, namespace: str, default: str) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{2,62}", name):
            raise Refused(400, "repository name: invalid value")
        self.name = name
        self.told = {
            "id": name, "creation_date": int(time.time()), "default_branch": default,
            "storage_namespace": namespace,
        }  # fmt: skip
        self.default = default
        self.commits: dict[str, Commit] = {}
        first = self._enter((), "Repository created", {}, {})
        self.branches = {default: Branch(first.id)}
        self.tags: dict[str, str] = {}

    # --- references -------------------------------------------------------------------------------

    def branch_of(self, name: str) -> Branch:
        if name not in self.branches:
            raise Refused(404, "branch not found")
        return self.branches[name]

    def commit_of(self, ref: str) -> Commit:
        if ref in self.branches:
            return self.commits[self.branches[ref].head]
        if ref in self.tags:
            return self.commits[self.tags[ref]]
        found = [each for each in self.commits if each.startswith(ref)] if len(ref) >= 4 else []
        if len(found) != 1:
            raise Refused(404, "commit: not found")
        return self.commits[found[0]]

    def tree(self, ref: str) -> Tree:
        """A branch with what is staged on it."""
        tree = dict(self.commit_of(ref).tree)
        if ref in self.branches:
            for path, entry in self.branches[ref].staged.items():
                tree.pop(path, None)
                if entry is not None:
                    tree[path] = entry
        return tree

    def entry(self, ref: str, path: str) -> Entry:
        tree = self.tree(ref)
        if path not in tree:
            raise Refused(404, "entry: not found")
        return tree[path]

    # --- changes ----------------------------------------------------------------------------------

    def branch(self, name: str, source: str) -> str:
        if not NAME.fullmatch(name):
            raise Refused(400, "branch id: invalid value")
        head = self.commit_of(source).id
        if name in self.branches:
            raise Refused(409, "branch already exists: not unique")
        self.branches[name] = Branch(head)
        return head

    def delete_branch(self, name: str) -> None:
        if name == self.default:
            raise Refused(403, "cannot delete repository default branch")
        self.branch_of(name)
        del self.branches[name]

    def tag(self, name: str, ref: str) -> str:
        if not NAME.fullmatch(name):
            raise Refused(400, "tag id: invalid value")
        commit = self.commit_of(ref).id
        if name in self.tags:
            raise Refused(409, "tag already exists: not unique")
        self.tags[name] = commit
        return commit

    def stage(self, branch: str, path: str, entry: Entry | None) -> None:
        self.branch_of(branch).staged[path] = entry

    def commit(
        self, name: str, message: str, metadata: dict[str, str], *, allow_empty: bool,
        date: int | None,
    ) -> Commit:  # fmt: skip
        branch = self.branch_of(name)
        if not message:
            raise Refused(400, "commit message: invalid value")
        tree = self.tree(name)
        if tree == self.commits[branch.head].tree and not allow_empty:
            raise Refused(400, "commit: no changes")
        made = self._enter((branch.head,), message, metadata, tree, date)
        branch.head = made.id
        branch.staged.clear()
        return made

    def merge(
        self, source: str, name: str, message: str, metadata: dict[str, str], *,
        strategy: str | None, allow_empty: bool,
    ) -> Commit:  # fmt: skip
        branch = self.branch_of(name)
        theirs, ours = self.commit_of(source), self.commits[branch.head]
        if branch.staged:
            raise Refused(400, "can't apply meta-range on dirty branch")
        base = self._base(theirs, ours)
        if theirs.tree == base.tree and not allow_empty:
            raise Refused(400, "merge: no changes")
        tree = theirs.tree
        if ours.tree != base.tree:
            tree = _merged(base.tree, ours.tree, theirs.tree, strategy)
            if tree == ours.tree and not allow_empty:
                raise Refused(400, "merge: no changes")
        made = self._enter((ours.id, theirs.id), message or f"Merge {source}", metadata, tree)
        branch.head = made.id
        return made

    # --- history ----------------------------------------------------------------------------------

    def log(self, ref: str, *, first_parent: bool) -> list[Commit]:
        found: dict[str, Commit] = {}
        todo = [self.commit_of(ref)]
        while todo:
            todo.sort(key=lambda commit: (commit.generation, commit.date, commit.id))
            commit = todo.pop()
            if commit.id not in found:
                found[commit.id] = commit
                parents = commit.parents[:1] if first_parent else commit.parents
                todo += [self.commits[parent] for parent in parents]
        return list(found.values())

    def diff(self, left: str, right: str) -> list[dict[str, Any]]:
        one, other = self.tree(left), self.tree(right)
        return [
            {
                "path": path, "path_type": "object",
                "type": "added" if path not in one
                else "removed" if path not in other else "changed",
            }
            for path in sorted({*one, *other})
            if one.get(path) != other.get(path)
        ]  # fmt: skip

    def _base(self, one: Commit, other: Commit) -> Commit:
        of_one = {commit.id for commit in self.log(one.id, first_parent=False)}
        common = [each for each in self.log(other.id, first_parent=False) if each.id in of_one]
        return max(common, key=lambda commit: commit.generation)

    def _enter(
        self, parents: tuple[str, ...], message: str, metadata: dict[str, str], tree: Tree,
        date: int | None = None,
    ) -> Commit:  # fmt: skip
        generation = 1 + max((self.commits[each].generation for each in parents), default=0)
        date = date or int(time.time())
        told = [len(self.commits), parents, message, metadata, date, sorted(tree)]
        id = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        made = Commit(id, parents, message, metadata, date, generation, tree)
        self.commits[id] = made
        return made


def _merged(base: Tree, ours: Tree, theirs: Tree, strategy: str | None) -> Tree:
    merged: Tree = {}
    for path in {*base, *ours, *theirs}:
        b, o, t = base.get(path), ours.get(path), theirs.get(path)
        if o == t or t == b:
            wanted = o
        elif o == b:
            wanted = t
        elif strategy in ("source-wins", "dest-wins"):
            wanted = t if strategy == "source-wins" else o
        else:
            raise Refused(409, "conflict found")
        if wanted is not None:
            merged[path] = wanted
    return merged
