"""A version in memory: what it has under each path, found by folded keys.

lakeFS knows paths by their bytes, and so neither what looks alike nor what a folder holds in any
other spelling. Versions never change, so each is listed once.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ...errors import MemoryRefused, NotInMemory
from ...ids import Json
from ...memory.files.glob import Pattern
from ...memory.files.model import Change, Stat, Version
from ...memory.files.path import folded
from ...memory.files.settle import New, Settled
from .client import Object

NOTES_MAX = 4_000
"""Characters of what may be noted with a file: lakeFS takes them in the head of a request."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a version has under a path."""

    path: str
    sha256: str
    media_type: str
    size: int
    meta: dict[str, Json] = field(default_factory=dict)
    key: str = ""
    """Of the commit that wrote it."""
    at: datetime | None = None
    where: str = ""
    """A commit that has it under this path."""


def told(row: Row | None) -> Version | None:
    """A row as it is told."""
    if row is None:
        return None
    return Version(sha256=row.sha256, size=row.size, media_type=row.media_type)


def read(one: Object, where: str) -> Row | None:
    """An object as a row; None for one that somebody else has put there."""
    notes = one.notes
    if "sha256" not in notes:
        return None
    return Row(
        path=one.path, sha256=notes["sha256"], media_type=notes["kind"], size=one.size,
        meta=json.loads(notes.get("meta", "{}")), key=notes.get("key", ""),
        at=datetime.fromisoformat(notes["at"]) if "at" in notes else None, where=where,
    )  # fmt: skip


def notes_of(new: New, key: str, at: datetime) -> dict[str, str]:
    """What lakeFS is to keep beside an object. Raises `MemoryRefused`."""
    meta = json.dumps(new.meta)
    if len(meta) > NOTES_MAX:
        raise MemoryRefused(
            f"What is noted with {new.path!r} has {len(meta):,} characters.",
            remedy=f"In lakeFS up to {NOTES_MAX:,} fit beside a file: write them into one.",
        )
    found = {"sha256": new.sha256, "kind": new.media_type, "key": key, "at": at.isoformat()}
    return found | ({"meta": meta} if new.meta else {})


class Tree:
    """All rows of a version, by folded key."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = {folded(row.path): row for row in rows}

    def changed(self, gone: Iterable[str], put: Iterable[Row]) -> "Tree":
        """Another tree: without these keys, and with these rows."""
        tree = Tree()
        tree.rows = dict(self.rows)
        for key in gone:
            tree.rows.pop(key, None)
        for row in put:
            tree.rows[folded(row.path)] = row
        return tree

    @cached_property
    def keys(self) -> list[str]:
        """All keys, in their order."""
        return sorted(self.rows)

    def get(self, path: str) -> Row | None:
        """What is under a path, in this very spelling."""
        row = self.rows.get(folded(path))
        return row if row is not None and row.path == path else None

    def find(self, keys: Iterable[str]) -> dict[str, Row]:
        """What is under these keys."""
        return {key: self.rows[key] for key in keys if key in self.rows}

    def below(self, prefix: str, after: str = "") -> Iterator[Row]:
        """Rows whose keys begin with a prefix, in the order of these."""
        at = bisect_right(self.keys, after) if after > prefix else bisect_left(self.keys, prefix)
        while at < len(self.keys) and self.keys[at].startswith(prefix):
            if self.keys[at] != prefix:
                yield self.rows[self.keys[at]]
            at += 1

    def anything_below(
        self, prefixes: Iterable[str], besides: Iterable[str] = ()
    ) -> dict[str, str]:
        """For each folder with something in it `besides` these keys: the path of one such file."""
        without = set(besides)
        found = {}
        for prefix in prefixes:
            for row in self.below(prefix):
                if folded(row.path) not in without:
                    found[prefix] = row.path
                    break
        return found

    def page(self, folder: str, after: str, limit: int) -> list[Row | Stat]:
        """What lies in a folder itself: files, and folders that files lie in."""
        prefix, place = folded(folder), folded(after)
        if after and place not in self.rows:
            place = f"{place.rstrip('/')}0"  # it was a folder
        found: list[Row | Stat] = []
        at = bisect_right(self.keys, place) if place > prefix else bisect_left(self.keys, prefix)
        while at < len(self.keys) and len(found) < limit and self.keys[at].startswith(prefix):
            row = self.rows[self.keys[at]]
            name, slash, _ = row.path[len(folder) :].partition("/")
            if slash:
                found.append(Stat(path=folder + name, kind="folder"))
                at = bisect_left(self.keys, f"{prefix}{folded(name)}0")
            else:
                found.append(row)
                at += 1
        return found

    def matching(self, pattern: Pattern, after: str, limit: int) -> list[Row]:
        """Rows whose paths fit a pattern."""
        found = []
        for row in self.below(folded(pattern.folder), folded(after)):
            if pattern.fits(row.path):
                found.append(row)
                if len(found) == limit:
                    break
        return found

    def look_for(self, path: str) -> Row | None:
        """A file; None for a folder. Raises `NotInMemory`."""
        if (row := self.get(path)) is not None:
            return row
        key = folded(path)
        inside = [row.path for row in self.below(f"{key}/")]
        if any(other.startswith(f"{path}/") for other in inside):
            return None
        alike = self.rows[key].path if key in self.rows else None
        there = alike or next((other[: len(path)] for other in inside), None)
        also = f" There is {there!r}, which looks much like it." if there else ""
        raise NotInMemory(
            f"There is no file {path!r} in this version.{also}",
            remedy="List the folder to see what is there.",
        )

    def look_for_folder(self, folder: str) -> None:
        """Refuse a folder (with its slash; empty is the root) that is none."""
        if folder and self.look_for(folder[:-1]) is not None:
            raise NotInMemory(
                f"{folder[:-1]!r} is a file, not a folder.", remedy="Read it instead."
            )


EMPTY = Tree()


def changes(one: Tree, other: Tree) -> dict[str, Change]:
    """Paths that differ, by folded key, in the order of these."""
    found: dict[str, Change] = {}
    for key in sorted({*one.rows, *other.rows}):
        was, now = one.rows.get(key), other.rows.get(key)
        if is_same(was, now):
            continue
        if was and now and was.path != now.path:
            found[f"{key}\0"] = Change(path=was.path, kind="removed", before=told(was))
            was = None
        path = (now or was).path  # type: ignore[union-attr]
        kind = "changed" if was and now else "added" if now else "removed"
        found[key] = Change(path=path, kind=kind, before=told(was), after=told(now))  # type: ignore[arg-type]
    return found


def is_same(one: Row | None, other: Row | None) -> bool:
    """Whether two versions have the same under a key."""
    return _is(one) == _is(other)


def _is(row: Row | None) -> tuple[str, str, str] | None:
    return None if row is None else (row.path, row.sha256, row.media_type)


def take(settled: Settled, key: str, has: Row | None, wanted: Row | None) -> None:
    """Settle that a key is to have what another version has."""
    if is_same(has, wanted):
        return
    if has is not None and (wanted is None or has.path != wanted.path):
        settled.gone[key] = has.path
    if wanted is not None:
        settled.puts[key] = New(wanted.path, wanted.sha256, wanted.media_type, wanted.meta)


def keys_of_paths(paths: Sequence[str], trees: Sequence[Tree]) -> list[str]:
    """Of files, and of all that is in folders of one of the trees."""
    found: dict[str, None] = {}
    for path in paths:
        found[folded(path)] = None
        for tree in trees:
            found.update((folded(row.path), None) for row in tree.below(f"{folded(path)}/"))
    return list(found)
