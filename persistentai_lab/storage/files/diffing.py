"""What differs between two versions: found among what changed on the lines between them."""

from typing import Any

from ...ids import Workspace
from ...memory.files.model import Change, Version
from .view import Connection, View, at_keys


async def changes(
    connection: Connection,
    workspace: Workspace,
    a: View,
    b: View,
    *,
    after: str = "",
    limit: int | None = None,
) -> dict[str, Change]:
    """Paths that differ, by folded key, in the order of these."""
    lines, froms, tos = _between(a, b)
    if not lines:
        return {}
    values = {
        "workspace": workspace, "lines": lines, "froms": froms, "tos": tos,
        "a_lines": list(a.lines), "a_uptos": list(a.uptos),
        "b_lines": list(b.lines), "b_uptos": list(b.uptos), "after": after, "limit": limit,
    }  # fmt: skip
    rows = await (await connection.execute(_DIFF, values)).fetchall()
    return {change[0]: change[1] for row in rows for change in _told(row)}


def _between(a: View, b: View) -> tuple[list[int], list[int], list[int]]:
    """Stretches of lines in which all that differs has begun or ended."""
    places = list(zip(a.lines, a.uptos, strict=True)), list(zip(b.lines, b.uptos, strict=True))
    same = 0
    while all(same < len(side) for side in places) and places[0][same] == places[1][same]:
        same += 1
    one, other = (side[same:] for side in places)
    found = []
    if one and other and one[0][0] == other[0][0]:
        low, high = sorted((one[0][1], other[0][1]))
        found.append((one[0][0], low, high))
        one, other = one[1:], other[1:]
    found += [(line, 0, upto) for line, upto in (*one, *other)]
    lines, froms, tos = zip(*found, strict=True) if found else ((), (), ())
    return list(lines), list(froms), list(tos)


def _told(row: tuple[Any, ...]) -> list[tuple[str, Change]]:
    """A change; two when a name is only spelled differently."""
    key, was, before, now, after = row[0], row[1], row[2:5], row[5], row[6:9]
    old = Version(sha256=before[0], media_type=before[1], size=before[2]) if was else None
    new = Version(sha256=after[0], media_type=after[1], size=after[2]) if now else None
    if was and now and was != now:
        return [
            (f"{key}\0", Change(path=was, kind="removed", before=old)),
            (key, Change(path=now, kind="added", after=new)),
        ]
    kind = "changed" if was and now else "added" if now else "removed"
    return [(key, Change(path=now or was, kind=kind, before=old, after=new))]  # type: ignore[arg-type]


_DIFF = f"""
WITH k AS MATERIALIZED (
    SELECT DISTINCT f.folded FROM (
        SELECT f.folded FROM unnest(%(lines)s::bigint[], %(froms)s::bigint[], %(tos)s::bigint[])
            AS s(line, low, high)
        CROSS JOIN LATERAL (
            SELECT folded FROM pai.file WHERE workspace = %(workspace)s AND line + 0 = s.line
              AND from_commit + 0 > s.low AND from_commit + 0 <= s.high
            UNION ALL
            SELECT folded FROM pai.file WHERE workspace = %(workspace)s AND line = s.line
              AND to_commit > s.low AND to_commit <= s.high
        ) f
    ) f WHERE f.folded > %(after)s
),
a AS MATERIALIZED ({at_keys("a_lines", "a_uptos")}),
b AS MATERIALIZED ({at_keys("b_lines", "b_uptos")})
SELECT folded, a.path, a.sha256, a.media_type, a.size, b.path, b.sha256, b.media_type, b.size
FROM a FULL JOIN b USING (folded)
WHERE (a.path, a.sha256, a.media_type) IS DISTINCT FROM (b.path, b.sha256, b.media_type)
ORDER BY folded LIMIT %(limit)s
"""
