"""Knowledge, as a body is lent it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from ...ids import Json
from ..layer import Ask, Do
from .asks import (
    AddFact,
    Assemble,
    Chunks,
    Close,
    CloseFact,
    Embed,
    Facts,
    Forget,
    Ingest,
    Neighbours,
    Piece,
    Recall,
    Remember,
    Status,
)
from .context import Context
from .model import Chunk, Fact, Recalled, Source, Standing, Trust

_FACTS = TypeAdapter(list[Fact])
_CHUNKS = TypeAdapter(list[Chunk])


class Knowledge:
    """Facts, and text found by words and meaning."""

    def __init__(self, ask: Ask, do: Do) -> None:
        self._ask = ask
        self._do = do

    async def recall(
        self,
        query: str,
        *,
        limit: int = 10,
        thread: str = "",
        as_of: datetime | None = None,
        trust: Collection[Trust] = (),
    ) -> Recalled:
        """What fits, best first, each hit with its source and why it is here."""
        asked = Recall(query=query, limit=limit, thread=thread, as_of=as_of, trust=frozenset(trust))
        return Recalled.model_validate((await self._ask(asked)).value)

    async def facts(
        self,
        subject: str | None = None,
        predicate: str | None = None,
        *,
        object: Json = None,
        as_of: datetime | None = None,
        past: bool = False,
        limit: int = 100,
    ) -> list[Fact]:
        """Facts that hold, newest first."""
        asked = Facts(
            subject=subject, predicate=predicate, object=object, as_of=as_of, past=past, limit=limit
        )
        return _FACTS.validate_python((await self._ask(asked)).value)

    async def neighbours(self, chunk: int, *, before: int = 2, after: int = 2) -> list[Chunk]:
        """What stands around a chunk in its thread."""
        asked = Neighbours(chunk=chunk, before=before, after=after)
        return _CHUNKS.validate_python((await self._ask(asked)).value)

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
        """Keep a text when the step is recorded; the id of its chunk is the promise."""
        said = Remember(
            text=text, thread=thread, source=source, document=document, said_at=said_at, key=key
        )
        number: int = self._do(said)
        return number

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
        """State a fact when the step is recorded; its id is the promise."""
        said = AddFact(
            subject=subject, predicate=predicate, object=object, replaces=replaces,
            valid_from=valid_from, valid_to=valid_to, confidence=confidence, source=source,
        )  # fmt: skip
        number: int = self._do(said)
        return number

    def close_fact(
        self,
        subject: str,
        predicate: str,
        object: Json = None,
        *,
        valid_to: datetime | None = None,
        because: str = "",
        missing_ok: bool = False,
    ) -> list[int]:
        """Say that it holds no longer; the ids of the facts closed are the promise."""
        said = CloseFact(
            subject=subject, predicate=predicate, object=object, valid_to=valid_to,
            because=because, missing_ok=missing_ok,
        )  # fmt: skip
        numbers: list[int] = self._do(said)
        return numbers

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
        """Erase for good when the step is recorded; how much is the promise."""
        said = Forget(
            chunks=tuple(chunks), facts=tuple(facts), thread=thread, source=source,
            subject=subject, because=because,
        )  # fmt: skip
        counts: dict[str, int] = self._do(said)
        return counts

    def ingest(
        self,
        document: str,
        pieces: Sequence[Piece],
        *,
        commit: str | None = None,
        url: str | None = None,
    ) -> dict[str, int]:
        """Make these pieces a document's current content; what changed is the promise."""
        said = Ingest(document=document, pieces=tuple(pieces), commit=commit, url=url)
        counts: dict[str, int] = self._do(said)
        return counts

    async def context(
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
    ) -> Context:
        """What goes into a turn, from all layers, within a budget; each piece says why.

        A file belongs in once it was taken in, by a step before this one: `knowledge.ingest_file`.
        """
        asked = Assemble(
            query=query, budget_tokens=budget_tokens, feed=feed, recent=recent,
            records=tuple(records), thread=thread, limit=limit, trust=frozenset(trust),
            as_of=as_of,
        )  # fmt: skip
        return Context.model_validate((await self._ask(asked)).value)

    async def embed(self, texts: Collection[str]) -> list[list[float]]:
        """Vectors of texts, as recall compares them."""
        vectors: Any = (await self._ask(Embed(texts=tuple(texts)))).value
        return list(vectors)

    async def chunks(self, thread: str, *, newest: int = 1_000) -> list[Chunk]:
        """The newest current chunks of a thread, in order."""
        answer = await self._ask(Chunks(thread=thread, limit=newest, newest=True))
        return _CHUNKS.validate_python(answer.value)

    async def status(self) -> Standing:
        """How much there is, and what can be done with it."""
        return Standing.model_validate((await self._ask(Status())).value)

    def close(self, thread: str, chunks: Collection[int], *, because: str = "") -> list[int]:
        """Say that chunks of a thread are no longer current; those closed are the promise."""
        numbers: list[int] = self._do(Close(thread=thread, chunks=tuple(chunks), because=because))
        return numbers
