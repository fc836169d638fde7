"""Notebooks by cells: which came, went and changed, and a three-way merge.

Cells are known by their id (nbformat 4.5), in older notebooks by what they say. What a cell printed
is no work of anybody's: it never makes a conflict, and goes with the source that it belongs to.
"""

from typing import Any

from ....ids import Json
from . import documents, text

Cell = dict[str, Any]


def is_notebook(value: Json) -> bool:
    """Whether it is one that can be compared by cells."""
    return isinstance(value, dict) and isinstance(value.get("cells"), list) and "nbformat" in value


def compare(before: Any, after: Any) -> Json:
    """What became of each cell, in the order of the later notebook; and the notebook's metadata."""
    was, now = _by_id(before), _by_id(after)
    cells: list[Json] = []
    for key, cell in now.items():
        if key not in was:
            cells.append({"cell": key, "kind": "added", "type": _type(cell), "after": source(cell)})
        elif (changed := _changed(was[key], cell)) is not None:
            cells.append({"cell": key, "kind": "changed", "type": _type(cell), **changed})
    cells += [
        {"cell": key, "kind": "removed", "type": _type(cell), "before": source(cell)}
        for key, cell in was.items()
        if key not in now
    ]
    both = [key for key in now if key in was]
    moved = both != [key for key in was if key in now]
    rest = documents.patch(_rest(before), _rest(after))
    return {"cells": cells, "reordered": moved, "metadata": rest}


def merge(base: Any, ours: Any, theirs: Any) -> tuple[Any, list[documents.Conflict]]:
    """Both changes of a notebook."""
    cells = [_by_id(side) for side in (base, ours, theirs)]
    order, conflicting = text.merge_items(*(list(side) for side in cells))
    conflicts = [
        documents.Conflict("/cells", {"base": each.base, "ours": each.ours, "theirs": each.theirs})
        for each in conflicting
        if set(each.ours) & set(each.theirs)
    ]
    if not conflicts:  # both put in cells at one place: first ours, then theirs
        for each in conflicting:
            order = _both(order, each)
    merged = []
    for key in [*order, *(key for key in cells[0] if key not in order)]:
        cell, found = _merge_cell(key, *(side.get(key) for side in cells))
        merged += [cell] if cell is not None else []
        conflicts += found
    rest, found = documents.merge(_rest(base), _rest(ours), _rest(theirs))
    return {**rest, "cells": merged}, [*conflicts, *found]


def source(cell: Cell) -> str:
    """What a cell says."""
    said = cell.get("source", "")
    return "".join(said) if isinstance(said, list) else str(said)


def _both(order: list[str], conflict: text.Conflict) -> list[str]:
    kept = [key for key in conflict.theirs if key not in conflict.base and key not in order]
    if not conflict.ours:
        return order + kept
    at = order.index(conflict.ours[-1]) + 1
    return [*order[:at], *kept, *order[at:]]


def _by_id(notebook: Any) -> dict[str, Cell]:
    found: dict[str, Cell] = {}
    for cell in notebook["cells"]:
        key = str(cell.get("id") or f"{_type(cell)}:{source(cell)}")
        while key in found:
            key += "+"
        found[key] = cell
    return found


def _rest(notebook: Any) -> dict[str, Json]:
    return {name: value for name, value in notebook.items() if name != "cells"}


def _type(cell: Cell) -> str:
    return str(cell.get("cell_type", "code"))


def _changed(was: Cell, now: Cell) -> dict[str, Json] | None:
    found: dict[str, Json] = {}
    if source(was) != source(now):
        found["hunks"] = text.hunks(source(was), source(now))
    if not documents.same(was.get("outputs"), now.get("outputs")):
        found["outputs"] = True
    if rest := documents.patch(_about(was), _about(now)):
        found["metadata"] = rest
    return found or None


def _about(cell: Cell) -> dict[str, Json]:
    return {
        name: value
        for name, value in cell.items()
        if name not in ("source", "outputs", "execution_count", "id")
    }


def _merge_cell(
    key: str, base: Cell | None, ours: Cell | None, theirs: Cell | None
) -> tuple[Cell | None, list[documents.Conflict]]:
    if base is None or ours is None or theirs is None:
        return _lone_cell(key, base, ours, theirs)
    merged, conflicts = text.merge(source(base), source(ours), source(theirs))
    about, found = documents.merge(_about(base), _about(ours), _about(theirs), f"/cells/{key}")
    shown = theirs if source(ours) == source(base) != source(theirs) else ours
    cell = {**shown, **about, "source": merged.splitlines(keepends=True)}
    if merged not in (source(ours), source(theirs)) and "outputs" in cell:
        cell |= {"outputs": [], "execution_count": None}  # nobody has run this
    told = [
        documents.Conflict(
            f"/cells/{key}/source", {"base": c.base, "ours": c.ours, "theirs": c.theirs}
        )
        for c in conflicts
    ]
    return cell, [*told, *found]


def _lone_cell(
    key: str, base: Cell | None, ours: Cell | None, theirs: Cell | None
) -> tuple[Cell | None, list[documents.Conflict]]:
    """One that not all three have."""
    if base is None:
        if ours is not None and theirs is not None and source(ours) != source(theirs):
            return ours, [documents.Conflict(f"/cells/{key}", {"ours": ours, "theirs": theirs})]
        return ours or theirs, []
    left = ours or theirs
    if left is None or source(left) == source(base):
        return None, []
    sides = {"base": base, "ours": ours, "theirs": theirs}
    there = {name: side for name, side in sides.items() if side is not None}
    return left, [documents.Conflict(f"/cells/{key}", there)]
