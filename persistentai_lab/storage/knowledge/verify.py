"""Whether a thread's chain holds: every link follows its predecessor, and fits what is kept."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from ...ids import Json, Workspace
from ...memory import chain
from ...memory.author import Author
from .thread import LogRow, facts_of

Row = dict[str, Any]
PAGE = 2_000


async def verify(
    connection: AsyncConnection[tuple[Any, ...]], workspace: Workspace, thread: str
) -> dict[str, Json]:
    """Walk the chain. What was erased is skipped: its link holds a hash that nobody can guess."""
    head = await (await connection.execute(_HEAD, (workspace, thread))).fetchone()
    last, wanted = head or (0, chain.GENESIS)
    before, seq, erased = chain.GENESIS, 0, 0
    broken: Json = None
    rows = connection.cursor(row_factory=dict_row)
    while seq < last and broken is None:
        await rows.execute(_LINKS, (workspace, thread, seq, last, PAGE))
        page = await rows.fetchall()
        for row in page:
            broken = _wrong(workspace, thread, row, seq + 1, before)
            if broken is not None:
                break
            seq, before = row["seq"], row["hash"]
            erased += row["salt"] is None
        if not page:
            broken = {"seq": seq + 1, "why": "links are missing at the end"}
    if broken is None and before != wanted:
        broken = {"seq": seq, "why": "the thread ends otherwise"}
    return {
        "ok": broken is None, "links": seq, "erased": erased, "hash": before.hex(), "broken": broken
    }  # fmt: skip


def _wrong(workspace: Workspace, thread: str, row: Row, seq: int, before: bytes) -> Json:
    author = Author(workspace, row["owner"], row["caller"], row["run"], row["path"])
    told = LogRow(thread, row["seq"], row["at"], row["op"], row["chunk"], row["fact"], author)
    if row["seq"] != seq:
        return {"seq": seq, "why": "a link is missing"}
    if chain.link(before, facts_of(told), row["payload_hash"]) != row["hash"]:
        return {"seq": seq, "why": "a link was changed"}
    if row["salt"] is None:
        return None
    if chain.payload_hash(row["salt"], chain.canonical(row["payload"])) != row["payload_hash"]:
        return {"seq": seq, "why": "what it speaks of was changed"}
    return None


_HEAD = "SELECT seq, hash FROM pai.knowledge_thread WHERE workspace = %s AND thread = %s"
_LINKS = """
SELECT l.seq, l.at, l.op, l.chunk, l.fact, l.salt, l.payload_hash, l.hash,
       l.owner, l.caller, l.run, l.path,
       CASE l.op
           WHEN 'chunk.added' THEN json_build_object('text', c.text, 'kind', c.kind)
           WHEN 'fact.added' THEN json_build_object(
               'subject', f.subject, 'predicate', f.predicate, 'object', f.object)
           ELSE l.body
       END AS payload
FROM pai.knowledge_log l
LEFT JOIN pai.chunk c ON c.workspace = l.workspace AND c.id = l.chunk AND l.op = 'chunk.added'
LEFT JOIN pai.fact f ON f.workspace = l.workspace AND f.id = l.fact AND l.op = 'fact.added'
WHERE l.workspace = %s AND l.thread = %s AND l.seq > %s AND l.seq <= %s ORDER BY l.seq LIMIT %s
"""
