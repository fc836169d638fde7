"""A value on its way between two bodies: JSON, or a blob (Parquet, npy, PNG). Never pickle."""

from dataclasses import dataclass

from .sketch import Sketch

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Payload:
    """Encoded value. `media_type` says which codec reads it."""

    data: bytes
    media_type: str = JSON
    sketch: Sketch | None = None
    """What people see of it without reading it; made by whoever encoded it."""
