"""A Git repository's history, entered as branches of files: every commit, with what it said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....ids import Json
from ....memory.files.asks import Delete, Put
from ....memory.files.media import media_type_of
from ....memory.files.model import MAIN, Commit, Version
from .history import history
from .repository import PLAIN, GitRefused, marks, open_repository
from .scan import MESSAGE_MAX, Plan, scan

if TYPE_CHECKING:
    from ..files import Files

NOTHING = f"{MAIN}@1970-01-01"
"""The version before the first commit."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was brought."""

    commits: int
    branches: Mapping[str, str | None] = field(default_factory=dict)
    """Each with the commit that it points to here."""
    tags: Sequence[str] = ()


def import_git(files: "Files", folder: Path, branches: Sequence[str] = ()) -> Imported:
    """Bring branches, or all of them with all tags, of the repository in a folder.

    Each commit notes in its `meta` what it was in Git, so that an export gives it the same id
    again. What was brought, or exported, before is known: a second import brings what is new.

    Raises:
        GitRefused: With all that stands in the way; nothing is written then.
    """
    repo = open_repository(folder)
    try:
        there = {branch.name: branch.head for branch in files.branches()}
        ours = history(files, [head for head in there.values() if head])
        known = _known(ours, marks(repo))
        plan = scan(repo, branches, known)
        bringing = _Bringing(files, repo, plan, known, there)
        bringing.check({commit.id: commit for commit in ours})
        return bringing.all()
    finally:
        repo.close()


def _known(ours: Sequence[Commit], exported: Mapping[str, str]) -> dict[str, str]:
    """What commits of Git are here."""
    here = {commit.id for commit in ours}
    known = {git: id for id, git in exported.items() if id in here}
    for commit in ours:
        noted: Any = commit.meta.get("git")
        if isinstance(noted, dict) and "id" in noted:
            known.setdefault(str(noted["id"]), commit.id)
    return known


class _Bringing:
    def __init__(
        self, files: "Files", repo: Any, plan: Plan, known: dict[str, str],
        there: dict[str, str | None],
    ) -> None:  # fmt: skip
        self._files = files
        self._repo = repo
        self._plan = plan
        self._known = known
        self._there = there
        self._kept: dict[tuple[str, bytes], Version] = {}
        self._branch_of: dict[str, str] = {}
        """Commits that are made on the branch that they are to be on."""
        self._helpers: dict[str, str] = {}
        """Commits of no branch of ours, at the end of a helping one."""
        for name, tip in plan.branches.items():
            for git in self._line(tip):
                self._branch_of.setdefault(git, name)

    def check(self, ours: Mapping[str, Commit]) -> None:
        """Refuse what can't be, all at once. Raises `GitRefused`."""
        wrong = self._plan.problems
        for name, tip in self._plan.branches.items():
            head = self._there.get(name)
            if head is None or self._base(tip) == head or _has(ours, head, self._known.get(tip)):
                continue
            wrong.append(f"branch {name}: has commits here that are not in it there")
        tags = {tag.name: tag.commit for tag in self._files.tags()}
        for name, (git, _) in self._plan.tags.items():
            if name in tags and tags[name] != self._known.get(git):
                wrong.append(f"tag {name}: names another version here")
        if wrong:
            raise GitRefused(
                "The repository can't be imported as it is. Nothing was written.",
                remedy="Rewrite its history without these (`git filter-repo`), name other "
                "branches, or export and merge first.",
                problems=tuple(wrong),
            )

    def all(self) -> Imported:
        """Bring everything."""
        try:
            for git in self._plan.order:
                self._known[git] = self._bring(git)
        finally:
            for name in {*self._helpers.values()}:
                self._files.delete_branch(name)
        for name, tip in self._plan.branches.items():
            if self._there.get(name) is None:
                self._there[name] = self._files.branch(name, self._known[tip])
        tags = {tag.name for tag in self._files.tags()}
        for name, (git, message) in self._plan.tags.items():
            if name not in tags:
                self._files.tag(name, self._known[git], message=message)
        heads = {name: self._there[name] for name in self._plan.branches}
        return Imported(len(self._plan.order), heads, tuple(self._plan.tags))

    def _line(self, tip: str) -> list[str]:
        """What isn't known along first parents, newest first."""
        found = []
        git: str | None = tip
        while git is not None and git not in self._known:
            found.append(git)
            parents = self._repo[git.encode()].parents
            git = parents[0].decode() if parents else None
        return found

    def _base(self, tip: str) -> str | None:
        """The newest version along first parents that is here."""
        line = self._line(tip)
        if not line:
            return self._known[tip]
        parents = self._repo[line[-1].encode()].parents
        return self._known[parents[0].decode()] if parents else None

    def _bring(self, git: str) -> str:
        commit = self._repo[git.encode()]
        parents = [parent.decode() for parent in commit.parents]
        first = self._known[parents[0]] if parents else None
        branch = self._place(git, parents[0] if parents else None)
        changes, modes = self._changes(commit)
        made = self._files.take_over(
            changes, branch=branch, also=[self._known[parent] for parent in parents[1:]],
            message=_text(commit.message)[:MESSAGE_MAX], meta={"git": _noted(commit, modes)},
            expected=first or "",
        )  # fmt: skip
        if branch in self._plan.branches:
            self._there[branch] = made
        return made

    def _place(self, git: str, parent: str | None) -> str:
        """The branch to make a commit on: its own, or one that only helps."""
        source = self._known[parent] if parent else None
        if (name := self._branch_of.get(git)) is not None:
            if self._there.get(name) is None and (name != MAIN or source):
                self._files.branch(name, source or NOTHING)
                self._there[name] = source or NOTHING
            return name
        helper = self._helpers.pop(parent, None) if parent else None
        if helper is None:
            helper = f"import-{git}"
            self._files.branch(helper, source or NOTHING)
        self._helpers[git] = helper
        return helper

    def _changes(self, commit: Any) -> tuple[list[Put | Delete], dict[str, Json]]:
        from dulwich.diff_tree import tree_changes

        store = self._repo.object_store
        before = store[commit.parents[0]].tree if commit.parents else None
        found: list[Put | Delete] = []
        modes: dict[str, Json] = {}
        change: Any
        for change in tree_changes(store, before, commit.tree):
            old, new = change.old, change.new
            if new is None:
                found.append(Delete(path=old.path.decode()))
                continue
            path = new.path.decode()
            if new.mode != PLAIN or (old is not None and old.mode != new.mode):
                modes[path] = new.mode
            if old is None or old.sha != new.sha:
                kept = self._keep(path, new.sha)
                found.append(Put(path=path, sha256=kept.sha256, media_type=kept.media_type))
        return found, modes

    def _keep(self, path: str, sha: bytes) -> Version:
        key = (media_type_of(path), sha)
        if key not in self._kept:
            self._kept[key] = self._files.keep(self._repo[sha].data, path=path)
        return self._kept[key]


def _noted(commit: Any, modes: dict[str, Json]) -> Json:
    """What a commit was in Git: for people, and so that it can be made again to the byte."""
    zone = timezone(timedelta(seconds=commit.author_timezone))
    noted: dict[str, Json] = {
        "id": commit.id.decode(), "author": _text(commit.author),
        "at": _moment(commit.author_time, zone), "raw": commit.as_raw_string().decode("latin-1"),
    }  # fmt: skip
    return noted | ({"modes": modes} if modes else {})


def _moment(seconds: int, zone: timezone) -> str:
    try:
        return datetime.fromtimestamp(seconds, zone).isoformat()
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC).isoformat()


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace").strip().replace("\0", "")


def _has(ours: Mapping[str, Commit], head: str, wanted: str | None) -> bool:
    """Whether a version is in what another has come from."""
    todo, seen = [head], {head}
    while todo and wanted is not None:
        id = todo.pop()
        if id == wanted:
            return True
        for parent in ours[id].parents if id in ours else ():
            if parent not in seen:
                seen.add(parent)
                todo.append(parent)
    return False
