"""What a child says came of its call, read with the doubt that somebody else's code deserves."""

from collections.abc import Sequence

from ..errors import WrongType
from ..flow.payload import JSON, File, Payload
from .child import Failure, Reply
from .context import key_of, storable
from .parcel import check_json, inline_parts, media_type, sketch
from .wire import Header, NoFrame
from .write import RecordWrite

PORTS_MAX = 1_000
INLINE_JSON_MAX = 256 * 1024


def read_reply(
    said: Header,
    parts: memoryview,
    drafts: Sequence[File],
    ports: tuple[str, ...] | None,
    path: str,
    *,
    is_trusted: bool,
) -> Reply:
    """Make a reply of what was said.

    Args:
        said: The child's words.
        parts: The raw parts that came with them.
        drafts: The files that it was given to write outputs to.
        ports: Those that it has to fill.
        path: The step's, under which its memory writes go.
        is_trusted: Otherwise nothing is believed: JSON has to be JSON.

    Raises:
        NoFrame: It is no reply.
        WrongType: It fills other ports than it has.
    """
    if said.get("failure") is not None:
        return Reply(failure=Failure.read(said["failure"]))
    entries, writes = said.get("outputs"), said.get("writes")
    if not isinstance(entries, list) or not isinstance(writes, list):
        raise NoFrame("no reply")
    if len(entries) > PORTS_MAX or not all(map(_is_entry, entries)):
        raise NoFrame("no outputs")
    inline = inline_parts(entries, parts)
    outputs = {entry["port"]: _payload(entry, inline, drafts, is_trusted) for entry in entries}
    if ports is not None and set(outputs) != set(ports):
        raise WrongType(
            f"It fills {sorted(outputs)} and has the outputs {sorted(ports)}.",
            remedy="Its text says something else than its signature: save it and run it anew.",
        )
    return Reply(outputs, [_write(write, path) for write in writes])


def _is_entry(entry: object) -> bool:
    match entry:
        case {"port": str(), "size": int()} | {"port": str(), "file": int()}:
            return True
    return False


def _payload(
    entry: Header, inline: dict[str, memoryview], drafts: Sequence[File], is_trusted: bool
) -> Payload:
    kind = media_type(entry)
    if (data := inline.get(entry["port"])) is not None:
        if kind == JSON and not is_trusted and len(data) <= INLINE_JSON_MAX:
            check_json(data)
        return Payload(bytes(data), kind, sketch(entry))
    if not 0 <= entry["file"] < len(drafts):
        raise NoFrame("no such file")
    file = drafts[entry["file"]]
    return Payload(file.mapped(), kind, sketch(entry), file)


def _write(said: object, path: str) -> RecordWrite:
    match said:
        case {"key": str(key), "mode": "put", "value": value}:
            return RecordWrite(key_of(key), "put", storable(value), path)
        case {"key": str(key), "mode": "append", "value": list(items)}:
            return RecordWrite(key_of(key), "append", storable(items), path)
    raise NoFrame("no write")
