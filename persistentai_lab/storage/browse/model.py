"""What a tree of all layers is made of. Every layer tells itself in these words."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ...ids import Json

LAYERS = ("feed", "files", "records", "history", "knowledge")
"""In the order in which people see them."""
LayerName = Literal["feed", "files", "records", "history", "knowledge"]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Item(_Told):
    """A row of the tree."""

    id: str
    """Names it in its layer, whatever else changes."""
    name: str
    kind: Literal["folder", "group", "entry"] = "entry"
    """`folder` only holds others, `group` does and can be looked at, `entry` holds none."""
    icon: str = ""
    """What it is: a media type, a kind of entry, a state."""
    about: str = ""
    """How it begins, or what else is to be said in a line."""
    count: int | None = None
    """How many it holds, where that is known without counting them."""
    size: int | None = None
    at: datetime | None = None
    """Since when it is so."""


class Page(_Told):
    """Part of what a folder or group holds."""

    items: list[Item]
    next: str | None = None
    """Where the next page begins; None on the last."""


class LayerHead(_Told):
    """A layer at a glance."""

    layer: LayerName
    count: int
    mark: str
    """Another one whenever anything in the layer has changed."""
    updated_at: datetime | None = None


class Link(_Told):
    """The way to another thing: where this is from, or what it was used by."""

    says: str
    """What the other is to this one: `Written by`, `Source`."""
    label: str
    layer: LayerName | None = None
    id: str | None = None
    """In that layer; without one it is outside of memory."""
    version: str | None = None
    url: str | None = None


class UsedBy(_Told):
    """A step that read or wrote this."""

    id: str
    """Of the step, in history."""
    flow: str
    node: str
    mode: Literal["read", "write"]
    at: datetime | None = None
    is_shown: bool = True
    """Whether it was the version that is shown, and not another."""


class Shown(_Told):
    """Content, as much of it as is looked at."""

    kind: Literal["text", "json", "table", "image", "notebook", "bytes", "none"]
    media_type: str = "application/json"
    size: int | None = None
    text: str | None = None
    value: Json = None
    columns: list[str] = []
    rows: list[list[Json]] = []
    is_whole: bool = True
    about: str = ""
    """In words: `344 rows × 8 columns`; or why nothing is shown."""
    raw: str | None = None
    """Path below the API's root where its bytes are."""


class Entry(_Told):
    """A thing in memory, to be looked at."""

    layer: LayerName
    id: str
    title: str
    what: str
    """What kind of thing it is, in a word or two."""
    at: datetime | None = None
    by: str | None = None
    facts: list[tuple[str, Json]] = []
    shown: Shown | None = None
    links: list[Link] = []
    uses: list[UsedBy] = []
    """The last steps that read or wrote it, the newest first."""
    version: str | None = None
    """Of what is shown."""
    has_versions: bool = False
    can_restore: bool = False


class Version(_Told):
    """What a thing was for a time."""

    version: str
    at: datetime
    by: str
    what: str = ""
    """What was done: a message, or `written`, `deleted`."""
    run: str | None = None
    sha256: str | None = None
    media_type: str | None = None
    size: int | None = None
    is_gone: bool = False
    """It was deleted, or erased."""


class Times(_Told):
    """When things changed: counts by stretches of time, and the last change in each."""

    since: datetime | None
    until: datetime
    stretches: dict[str, list[tuple[int, int, datetime]]]
    """By layer: number of the stretch, changes in it, moment of the last of them."""
