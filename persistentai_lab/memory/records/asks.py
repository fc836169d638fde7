"""What may be asked of records, and done to them."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, Field, model_validator

from ...ids import JsonSchema
from ..layer import Command, Query
from .fields import FieldName, SortKey
from .model import Body, CollectionName, DocumentId, Kept, Key

PAGE_MAX = 10_000
Limit = Annotated[int, Field(ge=1, le=PAGE_MAX)]
Expected = Annotated[int, Field(ge=0)] | None
"""The revision that has to be the current one; 0: there must be nothing. None: whatever it is."""
Seconds = Annotated[float, Field(gt=0, le=10 * 365 * 86_400)]
Number = Annotated[int | float, Field(allow_inf_nan=False)]
Op = Literal["=", "!=", "<", "<=", ">", ">=", "in", "starts with", "exists"]


class _When(BaseModel):
    rev: Annotated[int, Field(ge=1)] | None = None
    at: datetime | None = None
    """Without a time zone, it is the one of this machine."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.rev is None) == (self.at is None):
            raise ValueError("say either `rev` or `at`")
        return self


class GetRecord(Query):
    """What is under a key. Answers with a `Record`, or with None."""

    op: ClassVar[str] = "records.get"

    key: Key


class ListKeys(Query):
    """Keys in order. Answers with `list[KeyInfo]`."""

    op: ClassVar[str] = "records.keys"

    prefix: str = ""
    after: str = ""
    """The last key of the page before."""
    limit: Limit = 1_000


class GetDocument(Query):
    """A document. Answers with a `Document`, or with None."""

    op: ClassVar[str] = "records.document"

    collection: CollectionName
    id: DocumentId


class Find(Query):
    """Documents of a collection. Answers with `Found`."""

    op: ClassVar[str] = "records.find"

    collection: CollectionName
    contains: dict[str, Kept] = Field(default_factory=dict)
    """What a document must contain: `{"city": "Paris", "tags": ["new"]}`."""
    where: list[tuple[FieldName, Op, Kept]] = Field(default_factory=list)
    """Conditions on fields, all of which must hold: `["age", ">=", 18]`."""
    fields: list[FieldName] | None = None
    """Which of its fields to bring; all, if None."""
    sort: list[SortKey] = Field(default_factory=list, max_length=8)
    """By id, if empty."""
    after: str | None = None
    """`Found.next` of the page before."""
    limit: Limit = 100


class ListRevisions(Query):
    """A document's revisions, from a number on. Answers with `list[Revision]`."""

    op: ClassVar[str] = "records.revisions"

    collection: CollectionName
    id: DocumentId
    after: Annotated[int, Field(ge=0)] = 0
    limit: Limit = 100


class GetRevision(_When, Query):
    """A document as it was. Answers with a `Revision`."""

    op: ClassVar[str] = "records.revision"

    collection: CollectionName
    id: DocumentId


class ListCollections(Query):
    """Collections by name. Answers with `list[Collection]`."""

    op: ClassVar[str] = "records.collections"


class VerifyDocument(Query):
    """Whether a document's revisions are those that were written. Answers with `Verified`."""

    op: ClassVar[str] = "records.verify"

    collection: CollectionName
    id: DocumentId


class RunSql(Query):
    """Documents and files, asked in SQL. Answers with the columns; the rows are an Arrow stream."""

    op: ClassVar[str] = "records.sql"

    query: Annotated[str, Field(min_length=1)]
    limit: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    """Rows at most; the answer says whether there were more."""


class _Once(Command):
    once: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """A second command under the same name does nothing and tells what came of the first."""


class KeyCommand(_Once):
    """Changes what is under a key."""

    key: Key

    @property
    def target(self) -> str:
        """The key."""
        return self.key


class PutRecord(KeyCommand):
    """Set the value under a key."""

    op: ClassVar[str] = "records.put"

    value: Kept
    expected: Expected = None
    ttl: Seconds | None = None
    """For how long it is kept."""


class AppendRecord(KeyCommand):
    """Add to the list under a key, which is empty at first."""

    op: ClassVar[str] = "records.append"

    item: Kept


class IncrRecord(KeyCommand):
    """Add to the number under a key, which is 0 at first. Its version is the new number."""

    op: ClassVar[str] = "records.incr"

    by: Number = 1
    at_least: Number | None = None
    at_most: Number | None = None
    ttl: Seconds | None = None
    """For how long a new number is kept; one that is there keeps its time."""


class ExpireRecord(KeyCommand):
    """Say for how long a value is still kept; None: for ever. Its version is None if none is."""

    op: ClassVar[str] = "records.expire"

    ttl: Seconds | None


class DeleteRecord(KeyCommand):
    """Take a value away. Its version is None if there was none."""

    op: ClassVar[str] = "records.delete"

    expected: Expected = None


class DocumentCommand(_Once):
    """Makes a new revision of a document. Its version is the number of that."""

    collection: CollectionName
    id: DocumentId
    expected: Expected = None

    @property
    def target(self) -> str:
        """`collection/id`."""
        return f"{self.collection}/{self.id}"


class PutDocument(DocumentCommand):
    """Write a document, in place of the one before."""

    op: ClassVar[str] = "records.put_document"

    body: Body


class PatchDocument(DocumentCommand):
    """Change a document where it stands."""

    op: ClassVar[str] = "records.patch_document"

    patch: Kept
    """A list of operations (JSON Patch), or an object to be merged in (JSON Merge Patch)."""


class DeleteDocument(DocumentCommand):
    """Take a document away. Its revisions stay."""

    op: ClassVar[str] = "records.delete_document"


class RestoreDocument(_When, DocumentCommand):
    """Write a document as it was."""

    op: ClassVar[str] = "records.restore_document"


class EraseDocument(_Once):
    """Forget what a revision said, or all of them and the document. The chain still verifies."""

    op: ClassVar[str] = "records.erase_document"

    collection: CollectionName
    id: DocumentId
    rev: Annotated[int, Field(ge=1)] | None = None

    @property
    def target(self) -> str:
        """`collection/id`."""
        return f"{self.collection}/{self.id}"


class SetCollection(_Once):
    """Say what the documents of a collection have to fit. Those that are there must, too."""

    op: ClassVar[str] = "records.set_collection"

    collection: CollectionName
    json_schema: JsonSchema | None

    @property
    def target(self) -> str:
        """The collection."""
        return self.collection


QUERIES: tuple[type[Query], ...] = (
    GetRecord, ListKeys, GetDocument, Find, ListRevisions, GetRevision, ListCollections,
    VerifyDocument, RunSql,
)  # fmt: skip
COMMANDS: tuple[type[Command], ...] = (
    PutRecord, AppendRecord, IncrRecord, ExpireRecord, DeleteRecord, PutDocument, PatchDocument,
    DeleteDocument, RestoreDocument, EraseDocument, SetCollection,
)  # fmt: skip


def is_plain(command: Command) -> bool:
    """Whether a step's own statement can do it, so that it costs no transaction of its own."""
    match command:
        case AppendRecord(once=None):
            return True
        case PutRecord(once=None, expected=None, ttl=None):
            return True
    return False
