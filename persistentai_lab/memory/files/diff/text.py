"""Text by lines: hunks between two, and a three-way merge."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher

from ....ids import Json

LINES_MAX = 50_000
"""Of each side; what is longer is told as changed whole."""
AROUND = 3
"""Lines that stay, shown on both sides of those that don't."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where both sides have changed the same lines differently."""

    at: int
    """Line of the base, from 1."""
    base: list[str] = field(default_factory=list)
    ours: list[str] = field(default_factory=list)
    theirs: list[str] = field(default_factory=list)

    def told(self) -> Json:
        """As data."""
        return asdict(self)


def hunks(before: str, after: str) -> list[Json]:
    """What changed: hunks with their places in both, from 1, and lines marked ` `, `-` and `+`."""
    a, b = before.splitlines(), after.splitlines()
    if max(len(a), len(b)) > LINES_MAX:
        return [{"before": 1, "after": 1, "lines": [], "skipped": f"more than {LINES_MAX:,} lines"}]
    found: list[Json] = []
    for group in _matcher(a, b).get_grouped_opcodes(AROUND):
        lines: list[Json] = []
        for tag, i, j, k, m in group:
            if tag == "equal":
                lines += [f" {line}" for line in a[i:j]]
                continue
            lines += [f"-{line}" for line in a[i:j]]
            lines += [f"+{line}" for line in b[k:m]]
        found.append({"before": group[0][1] + 1, "after": group[0][3] + 1, "lines": lines})
    return found


def merge(base: str, ours: str, theirs: str) -> tuple[str, list[Conflict]]:
    """Both changes of a text. Where they meet, ours stands, and a conflict tells of it."""
    parts, conflicts = merge_items(
        base.splitlines(keepends=True),
        ours.splitlines(keepends=True),
        theirs.splitlines(keepends=True),
    )
    return "".join(parts), conflicts


def merge_items(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]
) -> tuple[list[str], list[Conflict]]:
    """The same for any sequence of texts."""
    merged: list[str] = []
    conflicts: list[Conflict] = []
    for stays, a, b, c in regions(base, ours, theirs):
        mine, other, was = list(ours[b]), list(theirs[c]), list(base[a])
        if stays or mine == other or other == was:
            merged += mine
        elif mine == was:
            merged += other
        else:
            merged += mine
            conflicts.append(Conflict(a.start + 1, was, mine, other))
    return merged, conflicts


def regions(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[bool, slice, slice, slice]]:
    """Cut three sequences into parts that belong together.

    Yields:
        Whether all three have the same there; and the part of base, of ours and of theirs.
    """
    to_ours, to_theirs = _pairs(base, ours), _pairs(base, theirs)
    a = b = c = 0
    for at in sorted(set(to_ours) & set(to_theirs)):
        i, j = to_ours[at], to_theirs[at]
        if (a, b, c) != (at, i, j):
            yield False, slice(a, at), slice(b, i), slice(c, j)
        yield True, slice(at, at + 1), slice(i, i + 1), slice(j, j + 1)
        a, b, c = at + 1, i + 1, j + 1
    if a < len(base) or b < len(ours) or c < len(theirs):
        yield False, slice(a, len(base)), slice(b, len(ours)), slice(c, len(theirs))


def _pairs(base: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    return {
        i + n: j + n
        for i, j, size in _matcher(base, other).get_matching_blocks()
        for n in range(size)
    }


def _matcher(a: Sequence[str], b: Sequence[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, a, b, autojunk=len(a) + len(b) > 4_000)
