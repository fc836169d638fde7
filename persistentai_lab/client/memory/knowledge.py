"""Knowledge, as a client asks for it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic import TypeAdapter

from ...ids import Json
from ...memory.files.model import MAIN
from ...memory.knowledge.context import Context
from ...memory.knowledge.model import Chunk, Fact, Recalled, Source, Standing, ThreadHead, Trust
from ..transport import Transport

_FACTS = TypeAdapter(list[Fact])
_CHUNKS = TypeAdapter(list[Chunk])
_THREADS = TypeAdapter(list[ThreadHead])
_SAID = TypeAdapter(dict[str, Any])
_AT = "/memory/knowledge"
PATIENCE_S = 600.0
"""A long document has many pieces, and each has to be read for its meaning."""


class Knowledge:
    """Facts, and text found by words and meaning."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def remember(
        self,
        text: str,
        *,
        thread: str = "notes",
        source: Source | None = None,
        document: bool = False,
        said_at: datetime | None = None,
        key: str | None = None,
    ) -> int:
        """Keep a text, to be found again. The same `key` twice keeps it once.

        Returns:
            The id of its chunk.
        """
        said = _said(text=text, thread=thread, source=source, document=document, said_at=said_at)
        headers = {"Idempotency-Key": key or str(uuid4())}
        return int(self._transport.post(f"{_AT}/remember", said, headers=headers)["chunk"])

    def recall(
        self,
        query: str,
        *,
        limit: int = 10,
        thread: str = "",
        as_of: datetime | None = None,
        half_life_days: float | None = None,
        trust: Collection[Trust] = (),
        by: Collection[str] | None = None,
    ) -> Recalled:
        """What fits a question, best first, each hit with its source and why it is here.

        Args:
            query: In words; they need not be those of the text.
            limit: At most so many.
            thread: Only threads that begin with this.
            as_of: As it was known at that time.
            half_life_days: What is so much older counts half.
            trust: Only what came so: `person`, `run`, `document`. None named: all.
            by: Which ways of looking to use: `words`, `meaning`, `neighbour`, `entity`.
        """
        asked = _said(
            query=query, limit=limit, thread=thread, as_of=as_of, trust=list(trust),
            half_life_days=half_life_days, by=None if by is None else list(by),
        )  # fmt: skip
        return Recalled.model_validate(self._transport.post(f"{_AT}/recall", asked))

    def add_fact(
        self,
        subject: str,
        predicate: str,
        object: Json,
        *,
        replaces: bool = False,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
        confidence: float = 1.0,
        source: Source | None = None,
    ) -> int:
        """State a fact; returns its id. The same fact, still open, is not added twice.

        Args:
            subject: What it is about.
            predicate: `works at`, `likes`, …
            object: A name, a text, a number, any JSON.
            replaces: There is one at a time: others with this subject and predicate are closed.
            valid_from: Since when it holds; now, if not said.
            valid_to: Until when, if that is known.
            confidence: From 0 to 1.
            source: Where it is from; you, if not said.
        """
        said = _said(
            subject=subject, predicate=predicate, object=object, replaces=replaces,
            valid_from=valid_from, valid_to=valid_to, confidence=confidence, source=source,
        )  # fmt: skip
        return int(self._transport.post(f"{_AT}/facts", said)["fact"])

    def close_fact(
        self,
        subject: str,
        predicate: str,
        object: Json = None,
        *,
        valid_to: datetime | None = None,
        because: str = "",
    ) -> list[int]:
        """Say that a fact holds no longer; returns which were closed. They stay, for the past."""
        said = _said(
            subject=subject, predicate=predicate, object=object, valid_to=valid_to, because=because
        )
        return list(self._transport.post(f"{_AT}/facts/close", said, repeatable=False)["facts"])

    def facts(
        self,
        subject: str | None = None,
        predicate: str | None = None,
        *,
        object: Json = None,
        as_of: datetime | None = None,
        valid_at: datetime | None = None,
        past: bool = False,
        limit: int = 100,
    ) -> list[Fact]:
        """Facts that hold, newest first; with `past`, also those that hold no longer."""
        asked = _said(
            subject=subject, predicate=predicate, object=object, as_of=as_of, valid_at=valid_at,
            past=past, limit=limit,
        )  # fmt: skip
        return _FACTS.validate_python(self._transport.post(f"{_AT}/facts/find", asked)["facts"])

    def forget(
        self,
        *,
        chunks: Collection[int] = (),
        facts: Collection[int] = (),
        thread: str | None = None,
        source: Source | None = None,
        subject: str | None = None,
        because: str = "",
    ) -> dict[str, int]:
        """Erase for good: texts, vectors, objects of facts. The chain still verifies.

        Returns:
            How many `chunks` and `facts` there were.
        """
        said = _said(
            chunks=list(chunks), facts=list(facts), thread=thread, source=source, subject=subject,
            because=because,
        )  # fmt: skip
        return dict(self._transport.post(f"{_AT}/forget", said, repeatable=False))

    def ingest(self, path: str, *, branch: str = MAIN, at: str | None = None) -> dict[str, int]:
        """Take in a file of the workspace: PDF, DOCX, HTML, Markdown, notebook, code or text.

        A changed file taken in again keeps what did not change, and closes what is gone.

        Args:
            path: In `pai.memory.files`.
            branch: Of which branch.
            at: A tag, a commit or a moment; else the newest version.

        Returns:
            How many pieces were `added`, `kept` and `closed`.
        """
        said = _said(path=path, branch=branch, at=at)
        return dict(self._transport.post(f"{_AT}/documents/of-file", said))

    def ingest_bytes(self, name: str, data: bytes, *, url: str | None = None) -> dict[str, int]:
        """Take in a document that is no file of the workspace; the end of its name says the format.

        Returns:
            How many pieces were `added`, `kept` and `closed`.
        """
        params = {"name": name} | ({"url": url} if url else {})
        answer = self._transport.send(
            "POST", f"{_AT}/documents", params=params, content=data,
            headers={"Content-Type": "application/octet-stream"}, timeout_s=PATIENCE_S,
        )  # fmt: skip
        return dict(answer.json())

    def context(
        self,
        query: str,
        *,
        budget_tokens: int = 2_000,
        feed: str | None = None,
        recent: int = 20,
        records: Collection[str] = (),
        thread: str = "",
        limit: int = 30,
        trust: Collection[Trust] = (),
        as_of: datetime | None = None,
        ingest: Collection[str] = (),
    ) -> Context:
        """What goes into a turn, from all layers, within a budget; each piece says why it is there.

        A file belongs in once it was taken in: by `ingest`, here or before.

        Args:
            query: What the turn is about.
            budget_tokens: At most so many, by an estimate of four bytes a token.
            feed: Whose newest entries belong in.
            recent: How many of them, at most.
            records: Keys of records that belong in.
            thread: What is recalled is from threads that begin with this.
            limit: How much is recalled, at most.
            trust: Only what came so: `person`, `run`, `document`. None named: all.
            as_of: As it was known at that time.
            ingest: Paths of files that are taken in first; what did not change stays.
        """
        for path in ingest:
            self.ingest(path)
        asked = _said(
            query=query, budget_tokens=budget_tokens, feed=feed, recent=recent,
            records=list(records), thread=thread, limit=limit, trust=list(trust), as_of=as_of,
        )  # fmt: skip
        return Context.model_validate(self._transport.post(f"{_AT}/context", asked))

    def threads(self, prefix: str = "", *, after: str = "", limit: int = 1_000) -> list[ThreadHead]:
        """Threads by name, with where each ends."""
        params: dict[str, str | int] = {"prefix": prefix, "after": after, "limit": limit}
        return _THREADS.validate_python(self._transport.get(f"{_AT}/threads", params)["threads"])

    def chunks(
        self,
        thread: str,
        *,
        after: int = 0,
        limit: int = 100,
        as_of: datetime | None = None,
        closed: bool = False,
    ) -> list[Chunk]:
        """Chunks of a thread in order; with `closed`, also those that are no longer current."""
        asked = _said(thread=thread, after=after, limit=limit, as_of=as_of, closed=closed)
        return _CHUNKS.validate_python(self._transport.post(f"{_AT}/chunks/find", asked)["chunks"])

    def neighbours(self, chunk: int, *, before: int = 2, after: int = 2) -> list[Chunk]:
        """What stands around a chunk in its thread, in order."""
        params: dict[str, str | int] = {"before": before, "after": after}
        found = self._transport.get(f"{_AT}/chunks/{chunk}/neighbours", params)
        return _CHUNKS.validate_python(found["chunks"])

    def embed(self, texts: Collection[str]) -> list[list[float]]:
        """Vectors of texts, as recall compares them."""
        asked = {"texts": list(texts)}
        return list(self._transport.post(f"{_AT}/embed", asked)["vectors"])

    def close(self, thread: str, chunks: Collection[int], *, because: str = "") -> list[int]:
        """Say that chunks of a thread are no longer current; returns those closed."""
        said = _said(thread=thread, chunks=list(chunks), because=because)
        return list(self._transport.post(f"{_AT}/chunks/close", said)["chunks"])

    def embed_missing(self, limit: int = 500) -> Standing:
        """Make vectors where there are none, of so many texts: after another embedder was set."""
        return Standing.model_validate(
            self._transport.post(f"{_AT}/embed-missing", {"limit": limit})
        )

    def verify(self, thread: str) -> dict[str, Json]:
        """Whether a thread's chain holds: `ok`, `links`, `erased`, and where it is `broken`."""
        return dict(self._transport.post(f"{_AT}/verify", {"thread": thread}))

    def status(self) -> Standing:
        """How much there is, and what can be done with it."""
        return Standing.model_validate(self._transport.get(_AT))


def _said(**said: Any) -> dict[str, Any]:
    """As JSON; what was not said is left out."""
    return _SAID.dump_python({k: v for k, v in said.items() if v is not None}, mode="json")  # type: ignore[no-any-return]
