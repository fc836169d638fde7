"""Payloads on the wire between a worker and its children: small ones in it, large ones as files."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...flow.payload import Payload
from ...flow.sketch import Sketch
from ...ids import Json
from .wire import Header, NoFrame, Raw, cut

ASIDE_MIN = 1 << 20
"""Bytes from which on an output goes through a file, if there is one for it."""
SKETCH_MAX = 16 * 1024
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")


@dataclass(slots=True)
class Parcel:
    """Payloads by port, ready for a frame."""

    entries: list[Header] = field(default_factory=list)
    parts: list[Raw] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, payloads: Mapping[str, Payload]) -> "Parcel":
        """Those that lie in files go as files."""
        parcel = cls()
        for port, payload in payloads.items():
            entry: Header = {"port": port, "media_type": payload.media_type}
            if payload.file is not None:
                entry["file"] = len(parcel.files)
                parcel.files.append(payload.file.fileno())
            else:
                entry["size"] = len(payload.data)
                parcel.parts.append(payload.data)
            if payload.sketch is not None:
                entry |= {"about": payload.sketch.about, "head": payload.sketch.head}
            parcel.entries.append(entry)
        return parcel


def inline_parts(entries: Sequence[Header], parts: memoryview) -> dict[str, memoryview]:
    """The raw parts of those that came in the frame, by port. Raises `NoFrame`."""
    inline = [entry for entry in entries if "size" in entry]
    pieces = cut(parts, [entry["size"] for entry in inline])
    return {entry["port"]: piece for entry, piece in zip(inline, pieces, strict=True)}


def media_type(entry: Header) -> str:
    """As a child says it. Raises `NoFrame` for what is none."""
    said = entry.get("media_type")
    if not isinstance(said, str) or not _MEDIA_TYPE.fullmatch(said):
        raise NoFrame("no media type")
    return said


def sketch(entry: Header) -> Sketch | None:
    """As a child made it, if it is of a fair size."""
    about, head = entry.get("about"), entry.get("head")
    if not isinstance(about, str) or len(about) > 200:
        return None
    text = json.dumps(head)
    return Sketch(about, head if len(text) <= SKETCH_MAX and "\\u0000" not in text else None)


def check_json(data: Raw) -> Json:
    """Small JSON that a child sent is put into records as it is: it has to be JSON.

    Raises:
        NoFrame: It is none.
    """
    try:
        value: Json = json.loads(bytes(data))
    except (ValueError, RecursionError) as error:
        raise NoFrame(f"not JSON: {error}") from None
    return value
