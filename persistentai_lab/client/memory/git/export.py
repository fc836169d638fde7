"""Branches of files, written into a Git repository: the same commits always get the same ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....ids import Json
from ....memory.files.model import ERASED, Commit, Tag
from .history import changes, history
from .repository import HEADS, PLAIN, PROGRAM, TAGS, GitRefused, Repo, mark, marks, open_or_begin

if TYPE_CHECKING:
    from dulwich.objects import Commit as GitCommit

    from ..files import Files


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    commits: int
    """That the repository did not have."""
    branches: Mapping[str, str] = field(default_factory=dict)
    """Each with the id that it has in Git."""
    tags: Mapping[str, str] = field(default_factory=dict)


def export_git(files: "Files", folder: Path, branches: Sequence[str] = ()) -> Exported:
    """Write branches, or all of them, with their history and tags into a repository.

    A folder that is new or empty becomes a bare repository. What it has already is not written
    again: a second export adds what is new.

    Raises:
        GitRefused: It would take commits away there; nothing is written then.
        NotInMemory: There is no such branch.
    """
    repo = open_or_begin(folder)
    try:
        return _export(files, repo, branches)
    finally:
        repo.close()


def _export(files: "Files", repo: Repo, branches: Sequence[str]) -> Exported:
    heads = _heads(files, branches)
    known = marks(repo)
    new = history(files, heads.values(), known)
    blobs: dict[str, bytes] = {}
    for commit in new:
        known[commit.id] = _write(files, repo, commit, known, blobs)
    mark(repo, known)
    tips = {name: known[id] for name, id in heads.items()}
    tags = [tag for tag in files.tags() if tag.commit in known]
    refs = {HEADS + name.encode(): git.encode() for name, git in tips.items()}
    refs |= {TAGS + tag.name.encode(): _tag(repo, tag, known[tag.commit]) for tag in tags}
    _check(repo, refs)
    for ref, git in refs.items():
        repo.refs[ref] = git
    named = {tag.name: refs[TAGS + tag.name.encode()].decode() for tag in tags}
    return Exported(len(new), tips, named)


def _heads(files: "Files", branches: Sequence[str]) -> dict[str, str]:
    there = {branch.name: branch.head for branch in files.branches()}
    for name in branches:
        if name not in there:
            raise GitRefused(
                f"There is no branch {name!r}.", remedy=f"There are {', '.join(there) or 'none'}."
            )
    chosen = branches or list(there)
    return {name: head for name in chosen if (head := there[name]) is not None}


def _write(
    files: "Files", repo: Repo, commit: Commit, known: Mapping[str, str], blobs: dict[str, bytes]
) -> str:
    from dulwich.object_store import commit_tree_changes
    from dulwich.objects import Tree

    parents = [known[parent].encode() for parent in commit.parents]
    store: Any = repo.object_store
    base = store[parents[0]].tree if parents else Tree()
    gone, come = _changes(files, store, commit, base, blobs)
    tree = commit_tree_changes(store, base, gone) if gone else base  # before: a name may come back
    tree = commit_tree_changes(store, tree, come) if come or tree is base else tree
    made = _commit(commit, tree, parents)
    store.add_object(made)
    return made.id.decode()


def _changes(
    files: "Files", store: Any, commit: Commit, base: Any, blobs: dict[str, bytes]
) -> tuple[list[Any], list[Any]]:
    """Paths that go, and those that come or change, as dulwich takes them."""
    modes = dict(_git(commit).get("modes") or {})
    gone: list[Any] = []
    come: list[Any] = []
    for change in changes(files, commit):
        path = change.path.encode()
        if change.after is None:
            gone.append((path, None, None))
            continue
        if change.after.sha256 not in blobs:
            is_gone = change.after.media_type == ERASED
            data = b"" if is_gone else files.read(change.path, at=commit.id)
            blobs[change.after.sha256] = _blob(store, data)
        mode = modes.pop(change.path, None) or _mode(store, base, path)
        come.append((path, int(mode), blobs[change.after.sha256]))
    for name, mode in modes.items():  # whose content stayed
        path = name.encode()
        come.append((path, int(mode), _there(store, base, path)[1]))
    return gone, come


def _blob(store: Any, data: bytes) -> bytes:
    from dulwich.objects import Blob

    blob = Blob.from_string(data)
    store.add_object(blob)
    return bytes(blob.id)


def _there(store: Any, tree: Any, path: bytes) -> tuple[int, bytes]:
    from dulwich.object_store import tree_lookup_path

    mode, sha = tree_lookup_path(store.__getitem__, tree, path)
    return mode, sha


def _mode(store: Any, base: Any, path: bytes) -> int:
    """As it was before."""
    from dulwich.errors import NotTreeError

    if not isinstance(base, bytes):
        return PLAIN
    try:
        mode = _there(store, base, path)[0]
    except (KeyError, NotTreeError):
        return PLAIN
    return PROGRAM if mode == PROGRAM else PLAIN


def _git(commit: Commit) -> dict[str, Any]:
    """What was noted of a commit that came from Git."""
    noted: Json = commit.meta.get("git")
    return noted if isinstance(noted, dict) else {}


def _commit(commit: Commit, tree: Any, parents: list[Any]) -> "GitCommit":
    from dulwich.objects import Commit as GitCommit

    if raw := _git(commit).get("raw"):
        made = GitCommit.from_string(raw.encode("latin-1"))
        if (made.tree, list(made.parents)) != (tree, parents):
            made.tree, made.parents, made.gpgsig = tree, parents, None
        return made
    made = GitCommit()
    made.tree, made.parents = tree, parents
    made.author, made.committer = _person(commit.owner), _person(commit.caller)
    made.author_time = made.commit_time = int(commit.at.timestamp())
    made.author_timezone = made.commit_timezone = 0
    made.encoding = b"UTF-8"
    made.message = f"{commit.message or _said(commit)}\n".encode()
    return made


def _person(name: str) -> bytes:
    plain = "".join(each for each in name if each.isprintable() and each not in "<>").strip()
    plain = plain or "unknown"
    mail = plain if "@" in plain else f"{plain.replace(' ', '.')}@localhost"
    return f"{plain} <{mail}>".encode()


def _said(commit: Commit) -> str:
    return f"{commit.kind.capitalize()} of {commit.changed} file{'s' * (commit.changed != 1)}"


def _tag(repo: Repo, tag: Tag, git: str) -> bytes:
    """A name alone, or an object when something is said with it."""
    from dulwich.objects import Commit as GitCommit
    from dulwich.objects import Tag as GitTag

    if not tag.message:
        return git.encode()
    made = GitTag()
    made.name, made.message = tag.name.encode(), f"{tag.message}\n".encode()
    made.object = (GitCommit, git.encode())
    made.tagger, made.tag_time, made.tag_timezone = _person(tag.owner), int(tag.at.timestamp()), 0
    repo.object_store.add_object(made)
    return bytes(made.id)


def _check(repo: Repo, refs: Mapping[bytes, Any]) -> None:
    """Refuse to take anything away that is only there. Raises `GitRefused`."""
    from dulwich.graph import can_fast_forward

    there = repo.refs.as_dict()
    head = repo.refs.read_ref(b"HEAD") if not repo.bare else None
    wrong = []
    for ref, git in refs.items():
        name, now = ref.decode().split("/", 2)[2], there.get(ref)
        if now == git:
            continue
        if ref.startswith(TAGS):
            if now is not None:
                wrong.append(f"tag {name}: names another version there")
        elif head == b"ref: " + ref:
            wrong.append(f"branch {name}: is checked out there, and its files would be left behind")
        elif now is not None and not can_fast_forward(repo, now, git):
            wrong.append(f"branch {name}: has commits there that are not in it here")
    if wrong:
        raise GitRefused(
            "The repository has what an export would take away. Nothing was changed.",
            remedy="Import it first (`persistentai files import-git`), or export to a new folder.",
            problems=tuple(wrong),
        )
