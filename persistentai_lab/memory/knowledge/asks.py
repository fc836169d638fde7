"""What may be asked of knowledge, and done to it."""

import hashlib
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from ...ids import Json
from ..files.model import MAIN
from ..layer import Command, Query
from .model import TEXT_MAX, WAYS, Confidence, Kind, Source, Term, Thread, Trust, Way

HITS_MAX = 200
PIECES_MAX = 20_000
FORGET_MAX = 10_000
Key = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(min_length=1, max_length=TEXT_MAX, pattern=r"\S")]
Question = Annotated[str, Field(min_length=1, max_length=TEXT_MAX, pattern=r"\S")]


class Recall(Query):
    """What fits a question, best first. Answers with `Recalled`."""

    op: ClassVar[str] = "knowledge.recall"

    query: Question
    limit: Annotated[int, Field(ge=1, le=HITS_MAX)] = 10
    by: frozenset[Way] = WAYS
    """Which ways of looking to use."""
    thread: str = ""
    """Only threads that begin with this."""
    kinds: frozenset[Kind] = frozenset()
    """Only these; none named: all."""
    trust: frozenset[Trust] = frozenset()
    """Only what came so; none named: all."""
    as_of: AwareDatetime | None = None
    """As it was known at that time."""
    half_life_days: Annotated[float, Field(gt=0)] | None = None
    """What is so much older counts half."""


class Facts(Query):
    """Facts, newest first. Answers with `list[Fact]`."""

    op: ClassVar[str] = "knowledge.facts"

    subject: str | None = None
    predicate: str | None = None
    object: Json = None
    as_of: AwareDatetime | None = None
    """As it was known at that time."""
    valid_at: AwareDatetime | None = None
    """Those that held then; by default now, or at `as_of`."""
    past: bool = False
    """Also those that hold no longer."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


class Assemble(Query):
    """What goes into a turn, from all layers, within a budget. Answers with `Context`."""

    op: ClassVar[str] = "knowledge.context"

    query: Question
    budget_tokens: Annotated[int, Field(ge=50, le=1_000_000)] = 2_000
    feed: str | None = None
    """Whose newest entries belong in, and are recalled no second time."""
    recent: Annotated[int, Field(ge=0, le=1_000)] = 20
    """How many of them, at most."""
    records: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    """Keys of records that belong in."""
    thread: str = ""
    """What is recalled is from threads that begin with this."""
    limit: Annotated[int, Field(ge=0, le=HITS_MAX)] = 30
    """How much is recalled, at most."""
    trust: frozenset[Trust] = frozenset()
    as_of: AwareDatetime | None = None


class Neighbours(Query):
    """What stands around a chunk in its thread. Answers with `list[Chunk]`, in order."""

    op: ClassVar[str] = "knowledge.neighbours"

    chunk: int
    before: Annotated[int, Field(ge=0, le=100)] = 2
    after: Annotated[int, Field(ge=0, le=100)] = 2


class Chunks(Query):
    """Chunks of a thread in order. Answers with `list[Chunk]`."""

    op: ClassVar[str] = "knowledge.chunks"

    thread: Thread
    after: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100
    as_of: AwareDatetime | None = None
    closed: bool = False
    """Also those that are no longer current."""
    newest: bool = False
    """The last ones rather than the first."""


class Threads(Query):
    """Threads by name. Answers with `list[ThreadHead]`."""

    op: ClassVar[str] = "knowledge.threads"

    prefix: str = ""
    after: str = ""
    """The last name of the page before."""
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1_000


class Embed(Query):
    """Vectors of texts. Answers with `list[list[float]]`."""

    op: ClassVar[str] = "knowledge.embed"

    texts: Annotated[tuple[Text, ...], Field(min_length=1, max_length=1_000)]


class Verify(Query):
    """Whether a thread's chain holds and its texts are those it speaks of. Answers with a dict."""

    op: ClassVar[str] = "knowledge.verify"

    thread: Thread


class Status(Query):
    """How much there is, and what can be done with it. Answers with `Standing`."""

    op: ClassVar[str] = "knowledge.status"


class Remember(Command):
    """Keep a text, to be found again."""

    op: ClassVar[str] = "knowledge.remember"

    text: Text
    thread: Thread = "notes"
    kind: Literal["note", "turn"] = "note"
    """A turn was said by somebody, and begins with who: `Ada: …`."""
    source: Source | None = None
    """None: whoever says it."""
    document: bool = False
    """It was read somewhere, and nobody vouches for it."""
    said_at: AwareDatetime | None = None
    key: Key | None = None
    """A second text of the thread with the same key is the first one again."""

    @property
    def target(self) -> str:
        """The thread."""
        return self.thread


class Piece(BaseModel):
    """A part of a document, as it was cut."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Text
    place: Annotated[str, Field(max_length=400)] = ""


class Ingest(Command):
    """Make these pieces the current content of a document; those it had and lost are closed."""

    op: ClassVar[str] = "knowledge.ingest"

    document: Annotated[str, Field(min_length=1, max_length=390, pattern=r"^[^\x00-\x1f\x7f]+$")]
    """Its name; its thread is `file:NAME`."""
    pieces: Annotated[tuple[Piece, ...], Field(max_length=PIECES_MAX)]
    commit: Annotated[str, Field(max_length=200)] | None = None
    """Of the file, where it is one of the workspace's."""
    url: Annotated[str, Field(max_length=1_000)] | None = None
    """Where it was found, if it is from the web."""

    @property
    def target(self) -> str:
        """The thread."""
        return f"file:{self.document}"


class AddFact(Command):
    """State a fact. The same fact, still open, is not added twice."""

    op: ClassVar[str] = "knowledge.add_fact"

    subject: Term
    predicate: Term
    object: Json
    entity: bool = True
    """A text as the object names something that may be a subject too."""
    replaces: bool = False
    """There is one at a time: others with this subject and predicate are closed."""
    valid_from: AwareDatetime | None = None
    """None: from now on."""
    valid_to: AwareDatetime | None = None
    confidence: Confidence = 1.0
    source: Source | None = None
    document: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> "AddFact":
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("it ends before it begins")
        if self.object is None or self.object == "":
            raise ValueError("a fact has an object")
        return self

    @property
    def target(self) -> str:
        """The thread of its subject."""
        return fact_thread(self.subject)


class CloseFact(Command):
    """Say that a fact holds no longer. It stays, for the past."""

    op: ClassVar[str] = "knowledge.close_fact"

    subject: Term
    predicate: Term
    object: Json = None
    """None: whatever the object is."""
    valid_to: AwareDatetime | None = None
    """None: from now on."""
    because: Annotated[str, Field(max_length=500)] = ""
    missing_ok: bool = False
    """It is no error when no such fact is open."""

    @property
    def target(self) -> str:
        """The thread of its subject."""
        return fact_thread(self.subject)


class Forget(Command):
    """Erase for good: texts, vectors, words, objects of facts and the salts of their hashes.

    The chain still verifies: it says that something was here, not what.
    """

    op: ClassVar[str] = "knowledge.forget"

    chunks: Annotated[tuple[int, ...], Field(max_length=FORGET_MAX)] = ()
    facts: Annotated[tuple[int, ...], Field(max_length=FORGET_MAX)] = ()
    thread: Thread | None = None
    source: Source | None = None
    """Everything from there; without `version` and `place`, from any of them."""
    subject: Term | None = None
    """Every fact about it, or that names it."""
    because: Annotated[str, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _something(self) -> "Forget":
        if not (self.chunks or self.facts or self.thread or self.source or self.subject):
            raise ValueError("say what: chunks, facts, a thread, a source or a subject")
        return self

    @property
    def target(self) -> str:
        """Unlike all others it touches many threads: it comes last, and locks them by name."""
        return "\U0010ffff"


class Close(Command):
    """Say that chunks are no longer current: they are found only by looking into the past."""

    op: ClassVar[str] = "knowledge.close"

    thread: Thread
    chunks: Annotated[tuple[int, ...], Field(min_length=1, max_length=FORGET_MAX)]
    because: Annotated[str, Field(max_length=500)] = ""

    @property
    def target(self) -> str:
        """The thread."""
        return self.thread


class EmbedMissing(Command):
    """Make vectors where there are none: after another embedder was set, or one came at all."""

    op: ClassVar[str] = "knowledge.embed_missing"

    limit: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Of so many texts at once."""

    @property
    def target(self) -> str:
        """Vectors: they are beside all threads."""
        return "vectors"


def document_name(path: str, branch: str) -> str:
    """What a file of the workspace is called here: its path, on other branches with the branch."""
    return path if branch == MAIN else f"{branch}:{path}"


def fact_thread(subject: str) -> str:
    """Where facts about a subject stand: one of sixteen, so that no name outlives its erasure."""
    return f"facts/{hashlib.sha256(subject.encode()).digest()[0] % 16:x}"


QUERIES: tuple[type[Query], ...] = (
    Recall, Assemble, Facts, Neighbours, Chunks, Threads, Embed, Verify, Status,
)  # fmt: skip
COMMANDS: tuple[type[Command], ...] = (
    Remember, Ingest, AddFact, CloseFact, Forget, Close, EmbedMissing,
)  # fmt: skip
