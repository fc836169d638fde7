"""How a value lies in a record: small JSON inline, everything else by reference."""

import json
from dataclasses import dataclass
from datetime import datetime

from ...errors import NodeError, PayloadExpired, ValueTooLarge
from ...events import quick
from ...events.model import ValueInfo
from ...flow.payload import JSON, Payload
from ...flow.sketch import SMALL, Sketch, sketch_json
from ...ids import Json, Workspace
from ...storage.blobs import BlobMissing, Blobs
from ..patience import insist
from .batch import RawJson

INLINE_MAX = 256 * 1024
JSON_MAX = 32 * 1024 * 1024
"""A JSON value above this is refused: tables, arrays and images travel as what they are."""
BLOB_MAX = 1024 * 1024 * 1024


@dataclass(slots=True)
class Value:
    """A recorded value. The payload is fetched when somebody needs it."""

    media_type: str
    size: int
    payload: Payload | None = None
    sha256: str | None = None
    sketch: Sketch | None = None
    expired_at: str | None = None
    """Since when nothing but this is left of it."""

    @classmethod
    def of_json(cls, value: Json) -> "Value":
        """A literal."""
        data = json.dumps(value).encode()
        sketch = sketch_json(value) if len(data) > SMALL else None
        return cls(JSON, len(data), Payload(data), sketch=sketch)

    @classmethod
    def from_record(cls, record: dict[str, Json]) -> "Value":
        """A value as it lies in a step's `outputs`, or what is left of it."""
        if "expired_at" in record:
            return cls(
                str(record["media_type"]),
                int(str(record["size"])),
                sha256=str(record["sha256"]),
                expired_at=str(record["expired_at"]),
            )
        if "ref" in record:
            about = record.get("about")
            return cls(
                str(record["media_type"]),
                int(str(record["size"])),
                sha256=str(record["ref"]),
                sketch=Sketch(str(about), record.get("head")) if about else None,
            )
        return cls.of_json(record["json"])

    @property
    def raw(self) -> RawJson:
        """The form it is recorded in."""
        if self.expired_at is not None:
            kept = {"expired_at": self.expired_at, "sha256": self.sha256, "size": self.size}
            return json.dumps(kept | {"media_type": self.media_type})
        if self.sha256 is not None:
            known = {"ref": self.sha256, "media_type": self.media_type, "size": self.size}
            if self.sketch is not None:
                known |= {"about": self.sketch.about, "head": self.sketch.head}
            return json.dumps(known)
        assert self.payload is not None
        return f'{{"json":{bytes(self.payload.data).decode()}}}'

    @property
    def info_text(self) -> RawJson:
        """The same as JSON; quickly, for what is small and plain."""
        if self.sha256 is None and self.sketch is None and self.expired_at is None:
            assert self.payload is not None
            data = bytes(self.payload.data)
            is_plain = b"\\" not in data and _is_strict(data)
            if self.size <= SMALL and self.media_type == JSON and is_plain:
                return quick.small_value(JSON, self.size, data.decode())
        return self.info.model_dump_json()

    @property
    def info(self) -> ValueInfo:
        """The form events speak of it."""
        preview: Json = None
        if self.media_type == JSON and self.payload and self.size <= SMALL:
            preview = json.loads(bytes(self.payload.data))
        return ValueInfo(
            media_type=self.media_type,
            size=self.size,
            sha256=self.sha256,
            preview=preview,
            about=self.sketch.about if self.sketch else None,
            head=self.sketch.head if self.sketch else None,
            expired_at=datetime.fromisoformat(self.expired_at) if self.expired_at else None,
        )


class Values:
    """Keeps and fetches values on behalf of one run."""

    def __init__(self, blobs: Blobs, workspace: Workspace, owner: str, caller: str) -> None:
        self._blobs = blobs
        self._workspace = workspace
        self._owner = owner
        self._caller = caller

    async def keep_all(self, payloads: dict[str, Payload]) -> dict[str, Value]:
        """Make values recordable. Raises `ValueTooLarge`."""
        return {name: _inline(it) or await self.keep(it) for name, it in payloads.items()}

    async def keep(self, payload: Payload) -> Value:
        """Make a value recordable. Raises `ValueTooLarge`."""
        size = len(payload.data)
        limit = JSON_MAX if payload.media_type == JSON else BLOB_MAX
        if size > limit:
            raise ValueTooLarge(
                f"A value of {size / 1e6:.1f} MB is more than the {limit / 1e6:.1f} MB that "
                f"{payload.media_type} may have.",
                remedy="Return a DataFrame, an array or bytes instead, or a part of it.",
            )
        value = _inline(payload)
        if value is None:
            value = Value(payload.media_type, size, payload, sketch=payload.sketch)
            value.sha256 = await insist(
                lambda: self._blobs.put(
                    self._workspace, payload, owner=self._owner, caller=self._caller
                ),
                "keeping a value",
            )
            if size > INLINE_MAX:
                value.payload = None  # not held in memory for as long as the run lives
        return value

    async def recordable(self, value: Value) -> Value:
        """The value in a form that a record can hold: a large literal by reference."""
        if value.sha256 is not None or value.payload is None or value.size <= INLINE_MAX:
            return value
        return await self.keep(value.payload)

    async def fetch_all(self, values: dict[str, Value]) -> dict[str, Payload]:
        """The encoded values; raises as `fetch` does."""
        return {
            name: await self.fetch(it) if it.payload is None else it.payload
            for name, it in values.items()
        }

    async def fetch(self, value: Value) -> Payload:
        """The encoded value itself.

        Raises:
            PayloadExpired: It is no longer kept.
            NodeError: Its bytes are gone.
        """
        if value.expired_at is not None:
            raise PayloadExpired(
                f"A value ({value.media_type}, {value.size:,} bytes) is no longer kept.",
                remedy="Run the step that made it again.",
            )
        if value.payload is not None:
            return value.payload
        sha256 = value.sha256
        assert sha256 is not None
        try:
            return await insist(
                lambda: self._blobs.open(self._workspace, sha256, value.media_type),
                "fetching a value",
            )
        except BlobMissing as error:
            raise NodeError(error.message, remedy=error.remedy) from error


def _inline(payload: Payload) -> Value | None:
    """A value that lies in the record itself; None if it has to lie elsewhere."""
    size = len(payload.data)
    if size > INLINE_MAX or payload.media_type != JSON or not _is_strict(bytes(payload.data)):
        return None
    return Value(JSON, size, payload, sketch=payload.sketch)


def _is_strict(data: bytes) -> bool:
    """Whether JSON text is JSON: Python also writes NaN and Infinity, which Postgres refuses."""
    if b"NaN" not in data and b"Infinity" not in data:
        return True
    try:
        json.loads(data, parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def raw_object(values: dict[str, Value]) -> RawJson:
    """Several values as one JSON object."""
    parts = [f"{quick.quoted(name)}:{value.raw}" for name, value in values.items()]
    return "{" + ",".join(parts) + "}"
