"""What of a Git repository's history is to be brought, and all that stands in the way of it."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ....errors import LabError
from ....memory.files.asks import PIECE_MAX
from ....memory.files.path import checked, folded
from .repository import HEADS, LINK, MODULE, TAGS, GitRefused, Repo

MESSAGE_MAX = 10_000


@dataclass(slots=True)
class Plan:
    """Commits to be brought, and the names that point to some."""

    branches: dict[str, str] = field(default_factory=dict)
    """By the name that they have here."""
    tags: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Each with its commit and its message."""
    order: list[str] = field(default_factory=list)
    """Parents before children."""
    problems: list[str] = field(default_factory=list)


def scan(repo: Repo, branches: Sequence[str], known: Container[str]) -> Plan:
    """Look through all that isn't known yet.

    Raises:
        GitRefused: There is no such branch.
    """
    plan = Plan()
    _name(repo, plan, branches)
    tips = [*plan.branches.values(), *(git for git, _ in plan.tags.values())]
    plan.order = _order(repo, tips, known)
    trees: set[tuple[str, bytes]] = set()
    said: set[str] = set()
    for git in plan.order:
        commit = repo[git.encode()]
        for problem in _problems(repo, commit, trees):
            if problem not in said:
                said.add(problem)
                plan.problems.append(f"commit {git[:10]}: {problem}")
    return plan


def _name(repo: Any, plan: Plan, branches: Sequence[str]) -> None:
    refs = repo.refs.as_dict()
    heads = {ref.decode("utf-8", "replace"): git for ref, git in refs.items()}
    there = {ref[len(HEADS) :]: git for ref, git in heads.items() if ref.encode().startswith(HEADS)}
    for name in branches:
        if name not in there:
            raise GitRefused(
                f"The repository has no branch {name!r}.",
                remedy=f"It has {', '.join(sorted(there)) or 'none'}.",
            )
    for name in sorted(branches or there, key=lambda name: (name != "main", name)):
        if fits := _fitting(plan, "branch", name, plan.branches):
            plan.branches[fits] = there[name].decode()
    for ref, git in sorted(heads.items()):
        if ref.encode().startswith(TAGS) and not branches:
            _tag(repo, plan, ref[len(TAGS) :], git)


def _tag(repo: Any, plan: Plan, name: str, git: bytes) -> None:
    from dulwich.objects import Commit, Tag

    fits, message, found = _fitting(plan, "tag", name, plan.tags), "", repo[git]
    while isinstance(found, Tag):
        message = message or (found.message or b"").decode("utf-8", "replace").strip()
        found = repo[found.object[1]]
    if not isinstance(found, Commit):
        plan.problems.append(f"tag {name}: names no commit")
    elif fits:
        plan.tags[fits] = found.id.decode(), message[:MESSAGE_MAX]


def _fitting(plan: Plan, what: str, name: str, others: Container[str]) -> str | None:
    """The name here: a slash, which no branch of ours has, becomes a dash."""
    fits = name.replace("/", "-")
    plain = fits.replace(".", "").replace("-", "").replace("_", "")
    if not (plain.isascii() and plain.isalnum() and fits[0].isalnum() and len(fits) <= 100):
        plan.problems.append(f"{what} {name}: only letters, digits and . _ - can be in a name")
    elif fits in others:
        plan.problems.append(f"{what} {name}: would have the same name as another, {fits}")
    else:
        return fits
    return None


def _order(repo: Any, tips: Iterable[str], known: Container[str]) -> list[str]:
    """All that these have come from and that isn't known: parents before children."""
    ordered: list[str] = []
    done: set[str] = set()
    todo = [(tip, False) for tip in reversed(list(tips))]
    while todo:
        git, is_after_parents = todo.pop()
        if git in known or (git in done and not is_after_parents):
            continue
        if is_after_parents:
            ordered.append(git)
            continue
        done.add(git)
        todo.append((git, True))
        todo += [(parent.decode(), False) for parent in reversed(repo[git.encode()].parents)]
    return ordered


def _problems(repo: Any, commit: Any, trees: set[tuple[str, bytes]]) -> Iterator[str]:
    if len(commit.message or b"") > MESSAGE_MAX * 3:
        yield f"its message has more than {MESSAGE_MAX:,} characters"
    todo = [("", commit.tree)]
    while todo:
        folder, tree = todo.pop()
        if (folder, tree) in trees:
            continue
        trees.add((folder, tree))
        beside: dict[str, str] = {}
        for raw, mode, sha in repo[tree].iteritems():
            try:
                name = raw.decode()
            except UnicodeDecodeError:
                yield f"{folder}{raw!r} is no UTF-8"
                continue
            yield from _wrong(repo, folder + name, mode, sha)
            if (other := beside.setdefault(folded(name), name)) != name:
                yield f"{folder}{name} can't lie beside {folder}{other}: they look alike"
            if mode == 0o040000:
                todo.append((f"{folder}{name}/", sha))


def _wrong(repo: Any, path: str, mode: int, sha: bytes) -> Iterator[str]:
    if mode == LINK:
        yield f"{path} is a symbolic link"
    elif mode == MODULE:
        yield f"{path} is a submodule"
    elif mode != 0o040000 and (size := repo[sha].raw_length()) > PIECE_MAX:
        yield f"{path} has {size:,} bytes, more than {PIECE_MAX:,}"
    try:
        if checked(path) != path:
            yield f"{path!a} is not in its normal form (NFC)"
    except LabError as error:
        yield error.message.removesuffix(".")
