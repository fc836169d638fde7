"""What records hold: values by key, and documents with their revisions."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from ...errors import MemoryRefused
from ...ids import Json, JsonSchema
from ..storable import storable
from .numbers import settled

KEY_PATTERN = r"^[^\x00-\x1f\x7f]+$"
Key = Annotated[str, Field(min_length=1, max_length=500, pattern=KEY_PATTERN)]
"""`last report`, `orders/2026-11-30`: a slash makes a folder in the tree."""
CollectionName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z][a-z0-9_]*$")]
"""`people`, `open_orders`: a name as SQL has it, too."""
DocumentId = Annotated[str, Field(min_length=1, max_length=200, pattern=KEY_PATTERN)]


def _kept(value: object) -> Json:
    return storable(value)[0]


def as_body(value: object) -> dict[str, Json]:
    """A document's body, as it will be read again. Raises `MemoryRefused`."""
    try:
        kept = settled(storable(value)[0])
    except RecursionError:
        raise MemoryRefused("The document is nested too deeply.", remedy="Flatten it.") from None
    if isinstance(kept, dict):
        return kept
    raise MemoryRefused(
        f"A document is a JSON object, and this is a {type(value).__name__}.",
        remedy="Give it a name: {'items': […]}. Other values are kept by key (`put`).",
    )


Kept = Annotated[Any, PlainValidator(_kept)]
"""Any JSON value, as it is at this moment. Refused here when it can't be kept."""
Body = Annotated[dict[str, Any], PlainValidator(as_body)]
"""A JSON object, in the form in which it is read again."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class KeyInfo(_Told):
    """What is known of a value without looking at it."""

    key: str
    revision: int
    expires_at: datetime | None = None
    updated_at: datetime
    owner: str
    caller: str
    run: str | None = None
    path: str | None = None


class Record(KeyInfo):
    """A value and its key."""

    value: Json = None


class Document(_Told):
    """A document, as it is now."""

    collection: str
    id: str
    rev: int
    """Counts from 1; a deletion counts too."""
    body: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    owner: str
    caller: str
    run: str | None = None
    path: str | None = None


class Revision(_Told):
    """What one writing made of a document."""

    collection: str
    id: str
    rev: int
    at: datetime
    kind: Literal["put", "patched", "deleted", "restored"]
    body: dict[str, Any] | None = None
    """None when that writing deleted it, or when it was erased."""
    erased_at: datetime | None = None
    owner: str
    caller: str
    run: str | None = None
    path: str | None = None
    hash: str
    """Of this revision and, by the one before, of all before it."""


class Found(_Told):
    """A page of documents."""

    documents: list[Document]
    next: str | None = None
    """Where the next page begins; None on the last one."""


class Collection(_Told):
    """Documents of one kind."""

    name: str
    json_schema: JsonSchema | None = None
    """What each of them has to fit."""
    documents: int
    updated_at: datetime


class Verified(_Told):
    """Whether the revisions of a document are those that were written."""

    collection: str
    id: str
    revisions: int
    erased: int
    broken_at: int | None = None
    """The first revision that was tampered with."""
