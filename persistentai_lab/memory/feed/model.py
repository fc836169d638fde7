"""An entry of a feed."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ...ids import Json

FeedName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""`room/support`, `session/2026-11-30`: a slash makes a folder in the tree."""
Kind = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9_.\-]+$")]
"""`message`, `tool.called`, …"""


class Entry(BaseModel):
    """What was appended, with its place."""

    model_config = ConfigDict(frozen=True)

    feed: str
    seq: int
    """Counts from 1, without a gap."""
    at: datetime
    kind: str
    owner: str
    caller: str
    run: str | None = None
    path: str | None = None
    key: str | None = None
    body: Json = None
    """None also when it was erased."""
    erased_at: datetime | None = None
    hash: str
    """Of this entry and, by the one before, of all before it."""


class Head(BaseModel):
    """Where a feed ends."""

    model_config = ConfigDict(frozen=True)

    feed: str
    seq: int
    hash: str
    updated_at: datetime
