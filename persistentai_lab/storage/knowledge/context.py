"""What may go into a turn: records, newest entries of a feed, facts, and what is recalled."""

import json

from ...ids import Json
from ...memory.author import Author
from ...memory.feed.asks import ReadFeed
from ...memory.feed.model import Entry
from ...memory.knowledge.asks import Assemble, Recall
from ...memory.knowledge.context import Context, Piece, assemble
from ...memory.knowledge.model import Hit, Recalled, Source
from ...memory.knowledge.tokens import tokens_of
from ...memory.records.asks import GetRecord
from ...memory.records.model import Record
from ..feed import Feeds
from ..pool import Pool
from ..records.keys import Keys
from .recall import recall
from .vectors import Vectors


async def gather(pool: Pool, vectors: Vectors, author: Author, asked: Assemble) -> Context:
    """What goes into a turn, within its budget."""
    candidates = [
        *await _records(pool, author, asked),
        *await _recent(pool, author, asked),
    ]
    note = ""
    if asked.limit:
        found = await recall(
            pool, vectors, author,
            Recall(
                query=asked.query, limit=asked.limit, thread=asked.thread, trust=asked.trust,
                as_of=asked.as_of,
            ),
        )  # fmt: skip
        candidates += _recalled(found)
        note = found.note
    return assemble(candidates, asked.budget_tokens, note)


async def _records(pool: Pool, author: Author, asked: Assemble) -> list[Piece]:
    keys, pieces = Keys(pool), []
    for number, key in enumerate(asked.records, 1):
        found = (await keys.answer(author, GetRecord(key=key))).value
        if found is not None:
            record = Record.model_validate(found)
            text = f"{key}: {_words(record.value)}"
            source = Source(kind="record", ref=key, version=str(record.revision))
            pieces.append(
                Piece(
                    layer="records", text=text, source=source,
                    trust="run", why="asked for by its key", place=number, rank=number,
                    tokens=tokens_of(text),
                )
            )  # fmt: skip
    return pieces


async def _recent(pool: Pool, author: Author, asked: Assemble) -> list[Piece]:
    if asked.feed is None or not asked.recent:
        return []
    async with pool.connection() as connection:
        head = await (await connection.execute(_HEAD, (author.workspace, asked.feed))).fetchone()
    last = head[0] if head else 0
    query = ReadFeed(feed=asked.feed, after=max(last - asked.recent, 0), limit=asked.recent)
    entries = [
        entry
        for entry in await Feeds(pool).read(author, query)
        if entry.body is not None and (asked.as_of is None or entry.at <= asked.as_of)
    ]
    return [_entry(entry, last - entry.seq + 1) for entry in entries]


def _entry(entry: Entry, rank: int) -> Piece:
    text = f"{entry.caller}: {_words(entry.body)}"
    return Piece(
        layer="recent", text=text, trust="person" if entry.run is None else "run",
        source=Source(kind="feed", ref=entry.feed, version=str(entry.seq)),
        why=f"{rank} before the end of the feed" if rank > 1 else "the last entry of the feed",
        place=entry.seq, rank=rank, tokens=tokens_of(text),
    )  # fmt: skip


def _recalled(found: Recalled) -> list[Piece]:
    hits = list(enumerate(found.hits, 1))
    # What was said together is read together: in the order of threads, as their best hit ranks.
    first: dict[str, int] = {}
    for rank, hit in hits:
        first.setdefault(hit.chunk.thread, rank)
    order = sorted(hits, key=lambda each: (first[each[1].chunk.thread], each[1].chunk.position))
    return [_hit(hit, rank, place) for place, (rank, hit) in enumerate(order, 1)]


def _hit(hit: Hit, rank: int, place: int) -> Piece:
    reasons = ", ".join(
        f"{why.by} rank {why.rank} ({why.score:g})" + (f" via {why.via}" if why.via else "")
        for why in hit.why
    )
    return Piece(
        layer="facts" if hit.chunk.kind == "fact" else "recalled",
        text=hit.text, source=hit.chunk.source, trust=hit.chunk.trust,
        why=f"recalled as number {rank}, score {hit.score:g}: {reasons}",
        place=place, rank=rank, tokens=hit.chunk.tokens, chunk=hit.chunk.id,
        thread=hit.chunk.thread, fact=hit.chunk.fact,
    )  # fmt: skip


def _words(body: Json) -> str:
    if isinstance(body, dict) and isinstance(body.get("text"), str):
        return str(body["text"])
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


_HEAD = "SELECT seq FROM pai.feed_head WHERE workspace = %s AND feed = %s"
