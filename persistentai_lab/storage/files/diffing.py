"""What differs between two versions: found among what changed on the lines between them."""

from collections.abc import Iterable
from dataclasses import dataclass
from json import loads
from typing import Any

from ...ids import Json, Workspace
from ..arrays import Bigs
from .view import Connection, Row, View, at_keys

Place = tuple[int, int]
"""A line, and up to which commit."""


@dataclass(frozen=True, slots=True)
class Differs:
    """What two versions have under one folded key; a name may only be spelled differently."""

    folded: str
    before: Row | None
    after: Row | None


@dataclass(frozen=True, slots=True)
class Between:
    """The stretches of lines in which all that differs has begun or ended."""

    lines: list[int]
    froms: list[int]
    tos: list[int]
    base: list[Place]
    """What both versions come from, before these."""
    turned: bool
    """Of one stretch: it leads from the second version to the first."""

    @property
    def is_one_way(self) -> bool:
        """Whether one version has come from the other along a single line."""
        return len(self.lines) == 1

    @property
    def values(self) -> dict[str, Bigs]:
        """As statements take them."""
        return {"lines": Bigs(self.lines), "froms": Bigs(self.froms), "tos": Bigs(self.tos)}


async def changes(
    connection: Connection,
    workspace: Workspace,
    a: View,
    b: View,
    *,
    after: str = "",
    limit: int | None = None,
) -> list[Differs]:
    """What differs, by folded key."""
    way = _between(a, b)
    if not way.lines:
        return []
    values: dict[str, Any] = {"workspace": workspace, "after": after, "limit": limit}
    if not way.is_one_way:
        values |= {
            **way.values, "a_lines": Bigs(a.lines), "a_uptos": Bigs(a.uptos),
            "b_lines": Bigs(b.lines), "b_uptos": Bigs(b.uptos),
        }  # fmt: skip
        statement = _ACROSS
    else:
        values |= {"line": way.lines[0], "low": way.froms[0], "high": way.tos[0]}
        if way.base:
            lines, uptos = zip(*way.base, strict=True)
            values |= {"lines": Bigs(lines), "uptos": Bigs(uptos)}
        statement = _ALONG_FROM_BASE if way.base else _ALONG
    rows = await (await connection.execute(statement, values)).fetchall()
    found = []
    for key, *told in rows:
        one, other = _row(key, told[:6]), _row(key, told[6:])
        found.append(Differs(key, other, one) if way.turned else Differs(key, one, other))
    return found


async def is_much(
    connection: Connection, workspace: Workspace, a: View, b: View, limit: int
) -> bool:
    """Whether more than so many changes lie between two versions; told without reading them."""
    way = _between(a, b)
    if not way.lines:
        return False
    values = {"workspace": workspace, **way.values, "limit": limit + 1}
    row = await (await connection.execute(_COUNT, values)).fetchone()
    assert row is not None
    return bool(row[0] > limit)


def told(found: Iterable[Differs]) -> list[Json]:
    """As `Change` has it, by path. What the database has checked isn't checked again."""
    changed: list[Json] = []
    for each in found:
        before, after = each.before, each.after
        if before and after and before.path != after.path:
            changed += [_change(before, None), _change(None, after)]
        else:
            changed.append(_change(before, after))
    return changed


def _change(before: Row | None, after: Row | None) -> Json:
    kind = "changed" if before and after else "added" if after else "removed"
    path = (after or before).path  # type: ignore[union-attr]
    return {"path": path, "kind": kind, "before": _version(before), "after": _version(after)}


def _version(row: Row | None) -> Json:
    if row is None:
        return None
    return {"sha256": row.sha256, "size": row.size, "media_type": row.media_type}


def _row(key: str, told: list[Any]) -> Row | None:
    path, sha256, media_type, size, meta, came = told
    if path is None:
        return None
    return Row(key, path, sha256, media_type, size, {} if meta == "{}" else loads(meta), came)


def _between(a: View, b: View) -> Between:
    one, other = (list(zip(side.lines, side.uptos, strict=True)) for side in (a, b))
    same = 0
    while all(same < len(side) for side in (one, other)) and one[same] == other[same]:
        same += 1
    base, one, other = one[:same], one[same:], other[same:]
    turned = bool(one and (not other or one[0][1] > other[0][1]))
    found = []
    if one and other and one[0][0] == other[0][0]:
        low, high = sorted((one[0][1], other[0][1]))
        found.append((one[0][0], low, high))
        one, other = one[1:], other[1:]
    found += [(line, 0, upto) for line, upto in (*one, *other)]
    lines, froms, tos = ([place[n] for place in found] for n in range(3))
    return Between(lines, froms, tos, base, turned)


def _told(side: str) -> str:
    columns = ("path", "sha256", "media_type", "size", "meta::text", "from_commit")
    return ", ".join(f"{side}.{column}" for column in columns)


_STRETCHES = """
unnest(%(lines)s::bigint[], %(froms)s::bigint[], %(tos)s::bigint[]) AS s(line, low, high)
CROSS JOIN LATERAL (
    SELECT folded FROM pai.file WHERE workspace = %(workspace)s AND line + 0 = s.line
      AND from_commit + 0 > s.low AND from_commit + 0 <= s.high
    UNION ALL
    SELECT folded FROM pai.file WHERE workspace = %(workspace)s AND line = s.line
      AND to_commit > s.low AND to_commit <= s.high
) f
"""
_COUNT = f"SELECT count(*) FROM (SELECT FROM {_STRETCHES} LIMIT %(limit)s) f"
_UNLIKE = "(a.path, a.sha256, a.media_type) IS DISTINCT FROM (b.path, b.sha256, b.media_type)"
_ACROSS = f"""
WITH k AS MATERIALIZED (SELECT DISTINCT f.folded FROM {_STRETCHES} WHERE f.folded > %(after)s),
a AS MATERIALIZED ({at_keys("a_lines", "a_uptos")}),
b AS MATERIALIZED ({at_keys("b_lines", "b_uptos")})
SELECT folded, {_told("a")}, {_told("b")} FROM a FULL JOIN b USING (folded)
WHERE {_UNLIKE} ORDER BY folded LIMIT %(limit)s
"""
_ENDED_AND_BEGUN = """
ended AS MATERIALIZED (
    SELECT * FROM pai.file WHERE workspace = %(workspace)s AND line = %(line)s
       AND to_commit > %(low)s AND to_commit <= %(high)s AND from_commit <= %(low)s
       AND folded > %(after)s
), begun AS MATERIALIZED (
    SELECT * FROM pai.file WHERE workspace = %(workspace)s AND line + 0 = %(line)s
       AND from_commit + 0 > %(low)s AND from_commit + 0 <= %(high)s
       AND (to_commit IS NULL OR to_commit > %(high)s) AND folded > %(after)s
)
"""
"""Of one line between two of its commits: all that differs has ended or begun in there."""
_ALONG = f"""
WITH {_ENDED_AND_BEGUN}
SELECT folded, {_told("a")}, {_told("b")} FROM ended a FULL JOIN begun b USING (folded)
WHERE {_UNLIKE} ORDER BY folded LIMIT %(limit)s
"""
_ALONG_FROM_BASE = f"""
WITH {_ENDED_AND_BEGUN}, k AS (SELECT folded FROM begun EXCEPT SELECT folded FROM ended),
a AS (
    SELECT * FROM ended WHERE sha256 IS NOT NULL UNION ALL ({at_keys("lines", "uptos")})
), b AS (SELECT * FROM begun WHERE sha256 IS NOT NULL)
SELECT folded, {_told("a")}, {_told("b")} FROM a FULL JOIN b USING (folded)
WHERE {_UNLIKE} ORDER BY folded LIMIT %(limit)s
"""
"""What begins on the line without anything ending there was as the line's base has it."""
