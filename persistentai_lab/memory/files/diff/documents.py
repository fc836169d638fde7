"""JSON by pointer: a patch (RFC 6902) between two, and a three-way merge."""

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ....ids import Json
from .text import regions

NOTHING: Any = object()
"""There is no such member."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where both sides have changed the same value differently; a missing one is left out."""

    pointer: str
    values: dict[str, Any]

    def told(self) -> Json:
        """As data."""
        return {"pointer": self.pointer, **self.values}


def patch(before: Json, after: Json, pointer: str = "") -> list[Json]:
    """The operations that make one value the other, in order (RFC 6902)."""
    if same(before, after):
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        return _patch_object(before, after, pointer)
    if isinstance(before, list) and isinstance(after, list):
        return _patch_list(before, after, pointer)
    return [{"op": "replace", "path": pointer, "value": after}]


def _patch_object(before: dict[str, Json], after: dict[str, Json], pointer: str) -> list[Json]:
    found: list[Json] = []
    for name, value in before.items():
        place = f"{pointer}/{escaped(name)}"
        if name not in after:
            found.append({"op": "remove", "path": place})
        else:
            found += patch(value, after[name], place)
    for name, value in after.items():
        if name not in before:
            found.append({"op": "add", "path": f"{pointer}/{escaped(name)}", "value": value})
    return found


def _patch_list(before: list[Json], after: list[Json], pointer: str) -> list[Json]:
    """Items that stay are found by their value; in a stretch that changed, by their place."""
    found: list[Json] = []
    matcher = SequenceMatcher(
        None, [_text(it) for it in before], [_text(it) for it in after], False
    )
    at = 0  # in the list as it is while operations are applied
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            at += j - i
            continue
        both = min(j - i, m - k)
        for n in range(both):
            found += patch(before[i + n], after[k + n], f"{pointer}/{at + n}")
        at += both
        found += [{"op": "remove", "path": f"{pointer}/{at}"}] * (j - i - both)
        for n in range(k + both, m):
            found.append({"op": "add", "path": f"{pointer}/{at}", "value": after[n]})
            at += 1
    return found


def merge(base: Any, ours: Any, theirs: Any, pointer: str = "") -> tuple[Any, list[Conflict]]:
    """Both changes of a value. Where they meet, ours stands, and a conflict tells of it."""
    if same(ours, theirs) or same(base, theirs):
        return ours, []
    if same(base, ours):
        return theirs, []
    if all(isinstance(value, dict) for value in (base, ours, theirs)):
        return _merge_objects(base, ours, theirs, pointer)
    if all(isinstance(value, list) for value in (base, ours, theirs)):
        return _merge_lists(base, ours, theirs, pointer)
    return ours, [_conflict(pointer, base, ours, theirs)]


def _merge_objects(
    base: dict[str, Json], ours: dict[str, Json], theirs: dict[str, Json], pointer: str
) -> tuple[Json, list[Conflict]]:
    merged: dict[str, Json] = {}
    conflicts: list[Conflict] = []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        was, mine, other = (side.get(name, NOTHING) for side in (base, ours, theirs))
        value, found = merge(was, mine, other, f"{pointer}/{escaped(name)}")
        conflicts += found
        if value is not NOTHING:
            merged[name] = value
    return merged, conflicts


def _merge_lists(
    base: list[Json], ours: list[Json], theirs: list[Json], pointer: str
) -> tuple[Json, list[Conflict]]:
    merged: list[Json] = []
    conflicts: list[Conflict] = []
    texts = ([_text(item) for item in side] for side in (base, ours, theirs))
    for _, a, b, c in regions(*texts):
        was, mine, other = base[a], ours[b], theirs[c]
        if same(mine, other) or same(was, other):
            merged += mine
        elif same(was, mine):
            merged += other
        elif len(was) == len(mine) == len(other):
            for n, items in enumerate(zip(was, mine, other, strict=True)):
                value, found = merge(*items, f"{pointer}/{b.start + n}")
                merged.append(value)
                conflicts += found
        else:
            merged += mine
            conflicts.append(_conflict(f"{pointer}/{b.start}", was, mine, other))
    return merged, conflicts


def _conflict(pointer: str, base: Any, ours: Any, theirs: Any) -> Conflict:
    sides = {"base": base, "ours": ours, "theirs": theirs}
    return Conflict(pointer, {name: side for name, side in sides.items() if side is not NOTHING})


def same(one: Any, other: Any) -> bool:
    """Whether two values are one in JSON, where `1` and `true` are not."""
    if one is NOTHING or other is NOTHING:
        return one is other
    return type(one) is type(other) and _text(one) == _text(other)


def escaped(name: str) -> str:
    """A member's name in a pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _text(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
