"""Commits of ours, as far as they are reached from versions."""

from collections.abc import Container, Iterable
from typing import Protocol

from ....memory.files.model import Change, Commit

PAGE = 1_000
CHANGES = 10_000


class Reads(Protocol):
    """What is asked of files here."""

    def log(
        self, *, at: str | None = None, before: str | None = None, limit: int = 100
    ) -> list[Commit]:
        """Commits along first parents, newest first."""
        ...

    def diff(
        self, a: str | None = None, b: str = "main", *, after: str = "", limit: int = 10_000
    ) -> list[Change]:
        """Paths that differ."""
        ...


def history(files: Reads, heads: Iterable[str], known: Container[str] = ()) -> list[Commit]:
    """All commits that these have come from, besides known ones: parents before children."""
    found: dict[str, Commit] = {}
    todo = list(heads)
    while todo:
        at = todo.pop()
        for commit in _line(files, at, found, known):
            found[commit.id] = commit
            todo += commit.parents[1:]
    return _in_order(found)


def _line(files: Reads, at: str, found: Container[str], known: Container[str]) -> Iterable[Commit]:
    before = None
    while at not in found and at not in known:
        page = files.log(at=at, before=before, limit=PAGE)
        for commit in page:
            if commit.id in found or commit.id in known:
                return
            yield commit
        if len(page) < PAGE:
            return
        before = page[-1].id


def _in_order(found: dict[str, Commit]) -> list[Commit]:
    """By the time that they were made, which parents never share with their children's past."""
    waiting = {id: [p for p in commit.parents if p in found] for id, commit in found.items()}
    children: dict[str, list[str]] = {}
    for id, parents in waiting.items():
        for parent in parents:
            children.setdefault(parent, []).append(id)
    left = {id: len(parents) for id, parents in waiting.items()}
    ready = sorted(id for id, count in left.items() if not count)
    ordered = []
    while ready:
        id = ready.pop()
        ordered.append(found[id])
        for child in children.get(id, ()):
            left[child] -= 1
            if not left[child]:
                ready.append(child)
    return ordered


def changes(files: Reads, commit: Commit) -> list[Change]:
    """What a commit has changed since its first parent."""
    found: list[Change] = []
    after = ""
    while True:
        page = files.diff(b=commit.id, after=after, limit=CHANGES)
        found += page
        if len(page) < CHANGES:
            return found
        after = page[-1].path
