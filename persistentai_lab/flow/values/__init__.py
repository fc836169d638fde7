"""How values travel between bodies: as JSON, or as the bytes of what they are. Never pickle.

One file a codec. The annotation of a port says which codec it uses; the port's JSON Schema says so
to everybody else (`{"x-pai-type": "table"}`).
"""

from .choose import codec_for, decode, encode, is_blob, schema_of, schema_of_media
from .codec import PAI_TYPE, BadValue, Codec, JsonType
from .library import PackageMissing, extra
from .names import Image, Table

__all__ = [
    "PAI_TYPE",
    "BadValue",
    "Codec",
    "Image",
    "JsonType",
    "PackageMissing",
    "Table",
    "codec_for",
    "decode",
    "encode",
    "extra",
    "is_blob",
    "schema_of",
    "schema_of_media",
]
