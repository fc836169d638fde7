"""A value on its way between two bodies: JSON, or a blob (Parquet, npy, PNG). Never pickle."""

from dataclasses import dataclass, field

from .sketch import Sketch

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Payload:
    """Encoded value. `media_type` says which codec reads it."""

    data: bytes
    media_type: str = JSON
    sketch: Sketch | None = field(default=None, compare=False)
    """What people see of it without reading it; made by whoever encoded it."""
