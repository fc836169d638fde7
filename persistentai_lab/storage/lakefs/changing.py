"""What a command comes down to, on top of the version that a branch has: all but lakeFS itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ...errors import MergeConflict
from ...ids import Json
from ...memory.files import diff
from ...memory.files.asks import (
    CommitFiles,
    Delete,
    Merge,
    Move,
    Resolution,
    Restore,
    Revert,
    TakeOver,
)
from ...memory.files.diff.choose import Merged as MergedContent
from ...memory.files.model import Conflict, Merged
from ...memory.files.path import clash, folded, in_the_way
from ...memory.files.settle import (
    New,
    Settled,
    check_names,
    drop_what_is_so,
    keys_of,
    settle,
    shelves,
)
from .tree import Row, Tree, changes, is_same, keys_of_paths, take, told
from .versions import Versions

Contents = Mapping[str, bytes]
SHOWN = 100
"""Conflicts that are told with all their details."""
MERGED_MAX = 1 << 19
"""Bytes of a side that is merged by content, as in Postgres."""


@dataclass(frozen=True, slots=True)
class Tip:
    """A branch, locked, with its newest version."""

    branch: str
    head: str | None
    """Of ours; None before the first."""
    lake_head: str
    tree: Tree
    now: datetime


@dataclass(slots=True)
class Plan:
    """What is to become of a branch."""

    kind: str
    message: str
    meta: dict[str, Json] = field(default_factory=dict)
    settled: Settled = field(default_factory=Settled)
    origins: dict[str, Row] = field(default_factory=dict)
    """Rows by whose bytes a key may be given its own: no need to send them."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """Bytes that are in no version yet, by hash."""
    also: tuple[str, ...] = ()
    """Other versions that it has come from."""
    restored: str | None = None
    by_content: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    is_empty_fine: bool = False
    """Whether it is a commit even when no path changes."""


def of_commit(tip: Tip, command: CommitFiles | TakeOver) -> Plan:
    """Changes as they were said."""
    plan = Plan("commit", command.message, command.meta)
    there = tip.tree.find(keys_of(command.changes))
    inside: dict[str, Sequence[Row]] = {}
    for change in command.changes:
        is_folder = isinstance(change, Move) or (isinstance(change, Delete) and change.recursive)
        if is_folder and folded(change.path) not in there:
            rows = list(tip.tree.below(f"{folded(change.path)}/"))
            inside[change.path] = [row for row in rows if row.path.startswith(f"{change.path}/")]
            there |= {folded(row.path): row for row in rows}
    plan.settled = settle(command.changes, there, inside)
    drop_what_is_so(plan.settled, there)
    for key, new in plan.settled.puts.items():
        if new.came_from is not None:
            plan.origins[key] = tip.tree.rows[folded(new.came_from)]
    check_place(tip.tree, plan.settled)
    return plan


async def of_restore(versions: Versions, tip: Tip, command: Restore, then: str | None) -> Plan:
    """An older version, or paths of it."""
    plan = Plan("restore", command.message or f"Restore {command.to}", restored=then)
    wanted = await versions.tree(then)
    if command.paths is None:
        keys = [key.rstrip("\0") for key in changes(tip.tree, wanted)]
    else:
        keys = keys_of_paths(command.paths, (tip.tree, wanted))
    for key in dict.fromkeys(keys):
        _take(plan, key, tip.tree.rows.get(key), wanted.rows.get(key))
    check_place(tip.tree, plan.settled)
    return plan


async def of_merge(
    versions: Versions, tip: Tip, base: str | None, source: str | None, command: Merge | Revert
) -> Plan:
    """What happened between two versions, brought in."""
    if isinstance(command, Merge):
        plan = Plan("merge", command.message or f"Merge {command.source}")
        plan.also = (source,) if source is not None else ()
    else:
        plan = Plan("revert", command.message or f"Undo {command.commit[:12]}")
    plan.is_empty_fine = True
    before, theirs = await versions.tree(base), await versions.tree(source)
    for key in dict.fromkeys(key.rstrip("\0") for key in changes(before, theirs)):
        sides = [tree.rows.get(key) for tree in (before, tip.tree, theirs)]
        await _merge_path(versions, plan, key, sides, command)
    if not plan.conflicts:
        check_place(tip.tree, plan.settled)
    elif command.conflicts == "refuse":
        _refuse(plan.conflicts)
    return plan


async def _merge_path(
    versions: Versions, plan: Plan, key: str, sides: list[Row | None], command: Merge | Revert
) -> None:
    """One path: who alone has changed it is right; else content, or a person."""
    base, ours, theirs = sides
    if is_same(theirs, ours) or is_same(theirs, base):
        return
    path = (theirs or ours or base).path  # type: ignore[union-attr]
    if is_same(ours, base):
        _take(plan, key, ours, theirs)
        return
    if (resolution := command.resolutions.get(path)) is not None:
        _resolve(plan, key, sides, path, resolution)
        return
    hunks: list[Json] = []
    if base and ours and theirs and base.path == ours.path == theirs.path:
        merged = await _by_content(versions, base, ours, theirs)
        if merged is not None and not merged.hunks:
            sha256 = _hash(merged.data)
            plan.contents[sha256] = merged.data
            plan.settled.puts[key] = New(path, sha256, ours.media_type, ours.meta)
            plan.by_content.append(path)
            return
        hunks = merged.hunks if merged else []
    if command.favour is not None:
        _take(plan, key, ours, ours if command.favour == "ours" else theirs)
        return
    plan.conflicts.append(
        Conflict(
            path=path, base=told(base), ours=told(ours), theirs=told(theirs), hunks=hunks
        )
    )  # fmt: skip


async def _by_content(
    versions: Versions, base: Row, ours: Row, theirs: Row
) -> MergedContent | None:
    if max(base.size, ours.size, theirs.size) > MERGED_MAX:
        return None
    lake = versions.lake
    a, b, c = [await lake.call(lake.read, row.where, row.path) for row in (base, ours, theirs)]
    return diff.merge(ours.path, a, b, c, media_type=ours.media_type)


def _resolve(
    plan: Plan, key: str, sides: list[Row | None], path: str, resolution: Resolution
) -> None:
    base, ours, theirs = sides
    if resolution.sha256 is not None:
        plan.settled.puts[key] = New(path, resolution.sha256, resolution.media_type)
        return
    _take(plan, key, ours, resolution.side(path, base, ours, theirs))


def _take(plan: Plan, key: str, has: Row | None, wanted: Row | None) -> None:
    take(plan.settled, key, has, wanted)
    if wanted is not None and key in plan.settled.puts:
        plan.origins[key] = wanted


def _refuse(conflicts: list[Conflict]) -> None:
    paths = ", ".join(repr(conflict.path) for conflict in conflicts[:5])
    more = f" and {len(conflicts) - 5} more" if len(conflicts) > 5 else ""
    raise MergeConflict(
        f"Both sides have changed {paths}{more}. Nothing was changed.",
        remedy="Look at `conflicts`, then merge again with `resolutions`, or `favour` a side.",
        conflicts=Merged(conflicts=conflicts[:SHOWN]).model_dump(mode="json")["conflicts"],
    )


def check_place(tree: Tree, settled: Settled) -> None:
    """Refuse paths that clash with what is there. Raises `PathRefused`."""
    gone = list(settled.gone)
    fresh = [
        new for key, new in settled.puts.items() if key not in tree.rows or key in settled.gone
    ]
    around = shelves(new.path for new in fresh)
    keys = {key[:-1] for key in around} | {folded(new.path) for new in fresh}
    check_names(settled, tree.find(sorted({*keys, *settled.puts})))
    for key, path in tree.anything_below(around, besides=gone).items():
        if not path.startswith(around[key]):
            clash(around[key], path[: len(around[key])])
    files = {f"{folded(new.path)}/": new.path for new in fresh}
    for key, path in tree.anything_below(files, besides=gone).items():
        in_the_way(files[key], path)


def _hash(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()
