"""Bytes, as they are."""

from ...ids import JsonSchema
from ..payload import Payload
from ..sketch import Sketch
from .codec import PAI_TYPE, BadValue, short

MEDIA_TYPE = "application/octet-stream"


class BinaryCodec:
    """Codec of `bytes`."""

    def __init__(self) -> None:
        self.schema: JsonSchema = {PAI_TYPE: "bytes"}

    def encode(self, value: object) -> Payload:
        """Hand the bytes on."""
        if not isinstance(value, bytes | bytearray | memoryview):
            raise BadValue("bytes", short(value))
        data = bytes(value)
        return Payload(data, MEDIA_TYPE, Sketch(f"{len(data):,} bytes"))

    def decode(self, payload: Payload) -> object:
        """Hand the bytes on."""
        if payload.media_type != MEDIA_TYPE:
            raise BadValue("bytes", payload.media_type)
        return bytes(payload.data)
