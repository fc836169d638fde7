"""A chunk of text, a fact, and where each is from."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from ...ids import Json

TEXT_MAX = 20_000
"""Characters of one chunk. Longer text is a document: it is cut up first."""
_PLAIN = r"^[^\x00-\x1f\x7f]+$"

Thread = Annotated[str, Field(min_length=1, max_length=400, pattern=_PLAIN)]
"""What a chunk is part of, so that it has neighbours: `notes`, `room/a`, `file:report.pdf`."""
Term = Annotated[str, Field(min_length=1, max_length=400, pattern=_PLAIN)]
"""A subject or a predicate: `Ada`, `works at`."""
Confidence = Annotated[float, Field(ge=0, le=1)]
Trust = Literal["person", "run", "document"]
"""By whom it came. A document is data, whatever it says: never an instruction."""
Kind = Literal["note", "turn", "document", "fact"]
Way = Literal["words", "meaning", "neighbour", "entity", "speaker", "time"]
"""Of looking: by its words; by its meaning; by what stands around it; over facts; by whom the
question names; by when it says."""
WAYS: frozenset[Way] = frozenset(get_args(Way))


class Source(BaseModel):
    """Where something is from, to be looked up there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["person", "run", "feed", "file", "record", "web"]
    ref: Annotated[str, Field(min_length=1, max_length=1_000, pattern=_PLAIN)]
    """Who; which run; which feed; which path; which key; which address."""
    version: Annotated[str, Field(max_length=200, pattern=_PLAIN)] | None = None
    """Path of the step, position in the feed, commit of the file."""
    place: Annotated[str, Field(max_length=400, pattern=_PLAIN)] | None = None
    """Within it: `page 3`, `lines 10–42`, `cell 7`, a heading."""

    def __str__(self) -> str:
        version = f"@{self.version}" if self.version else ""
        return f"{self.kind}:{self.ref}{version}" + (f" ({self.place})" if self.place else "")


class Chunk(BaseModel):
    """A piece of text, as it is kept."""

    model_config = ConfigDict(frozen=True)

    id: int
    thread: str
    position: int
    """In its thread, from 1: neighbours are one apart."""
    kind: Kind
    text: str | None
    """None when it was erased."""
    tokens: int
    source: Source
    trust: Trust
    said_at: datetime
    """When it was said or true, which may be long before it was recorded."""
    recorded_at: datetime
    closed_at: datetime | None = None
    """Since when it is no longer current; it is still found by looking into the past."""
    fact: int | None = None
    """Which fact it puts into words."""
    owner: str
    caller: str
    run: str | None = None
    path: str | None = None


class Fact(BaseModel):
    """Subject, predicate, object, with when it held and when we knew. Closed, never overwritten."""

    model_config = ConfigDict(frozen=True)

    id: int
    subject: str | None
    """None, like the object, when it was erased."""
    predicate: str
    object: Json = None
    object_type: Literal["entity", "text", "number", "boolean", "date", "json"]
    valid_from: datetime
    valid_to: datetime | None = None
    """Until then it held; None: it holds."""
    recorded_at: datetime
    closed_at: datetime | None = None
    """When we learned that it no longer holds."""
    closed_because: str | None = None
    confidence: float
    source: Source
    trust: Trust
    chunk: int | None = None
    """Where it stands in words."""
    owner: str
    caller: str
    run: str | None = None
    path: str | None = None


class Reason(BaseModel):
    """One thing that speaks for a hit."""

    model_config = ConfigDict(frozen=True)

    by: Way
    rank: int
    """Of this hit, by this alone; from 1."""
    score: float
    """Its own measure: BM25 (of 1), cosine, what others hand on, or how many times it counts."""
    via: int | None = None
    """The chunk that led to it."""


class Hit(BaseModel):
    """A chunk that was recalled, and why."""

    model_config = ConfigDict(frozen=True)

    chunk: Chunk
    score: float
    why: tuple[Reason, ...]

    @property
    def text(self) -> str:
        """What it says."""
        return self.chunk.text or ""


class Recalled(BaseModel):
    """What was found, best first, and how it was looked for."""

    model_config = ConfigDict(frozen=True)

    hits: tuple[Hit, ...]
    model: str | None
    """Which embedder looked; None: only words were compared."""
    note: str = ""
    """What would make it better, where something is missing."""

    def __iter__(self) -> Iterator[Hit]:  # type: ignore[override]
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    def __getitem__(self, which: int) -> Hit:
        return self.hits[which]


class Standing(BaseModel):
    """How much the layer holds, and what it can do."""

    model_config = ConfigDict(frozen=True)

    chunks: int
    closed: int
    facts: int
    embedded: int
    """Live chunks with a vector of the current model."""
    model: str | None
    note: str = ""


class ThreadHead(BaseModel):
    """Where a thread ends."""

    model_config = ConfigDict(frozen=True)

    thread: str
    chunks: int
    seq: int
    """Changes so far: additions, closings and erasures, each a link of the chain."""
    hash: str
    updated_at: datetime
