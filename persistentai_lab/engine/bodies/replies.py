"""What a child says came of its call, read with the doubt that somebody else's code deserves."""

import os
from collections.abc import Callable, Sequence

from ...errors import WrongType
from ...flow.payload import JSON, File, Payload
from ...memory.catalogue import read_command
from ...memory.layer import Command
from .child import Failure, Reply
from .parcel import check_json, inline_parts, media_type, sketch
from .wire import PARTS_MAX, Header, NoFrame

PORTS_MAX = 1_000
INLINE_JSON_MAX = 256 * 1024


def read_reply(
    said: Header,
    parts: memoryview,
    drafts: Sequence[File],
    ports: tuple[str, ...] | None,
    *,
    copy_to: Callable[[], File | None] | None = None,
) -> Reply:
    """Make a reply of what was said.

    Args:
        said: The child's words.
        parts: The raw parts that came with them.
        drafts: The files that it was given to write outputs to.
        ports: Those that it has to fill.
        copy_to: For a child that is not trusted: JSON has to be JSON, and its files are copied, for
            it may write to them still. Blocks.

    Raises:
        NoFrame: It is no reply.
        WrongType: It fills other ports than it has.
    """
    if said.get("failure") is not None:
        return Reply(failure=Failure.read(said["failure"]))
    match said:
        case {"outputs": [*entries], "commands": [*commands]}:
            pass
        case _:
            raise NoFrame("no reply")
    if len(entries) > PORTS_MAX or not all(map(_is_entry, entries)):
        raise NoFrame("no outputs")
    inline = inline_parts(entries, parts)
    outputs = {entry["port"]: _payload(entry, inline, drafts, copy_to) for entry in entries}
    if ports is not None and set(outputs) != set(ports):
        raise WrongType(
            f"It fills {sorted(outputs)} and has the outputs {sorted(ports)}.",
            remedy="Its text says something else than its signature: save it and run it anew.",
        )
    return Reply(outputs, [*map(_command, commands)])


def _is_entry(entry: object) -> bool:
    match entry:
        case {"port": str(), "size": int()} | {"port": str(), "file": int()}:
            return True
    return False


def _payload(
    entry: Header,
    inline: dict[str, memoryview],
    drafts: Sequence[File],
    copy_to: Callable[[], File | None] | None,
) -> Payload:
    kind = media_type(entry)
    if (data := inline.get(entry["port"])) is not None:
        if kind == JSON and copy_to is not None and len(data) <= INLINE_JSON_MAX:
            check_json(data)
        return Payload(bytes(data), kind, sketch(entry))
    if not 0 <= entry["file"] < len(drafts):
        raise NoFrame("no such file")
    file = drafts[entry["file"]]
    if copy_to is not None:
        file = _copy(file, copy_to())
    return Payload(file.mapped(), kind, sketch(entry), file)


def _copy(file: File, to: File | None) -> File:
    size = os.fstat(file.fileno()).st_size
    if to is None or not 0 < size <= PARTS_MAX:
        raise NoFrame(f"a file of {size} bytes")
    at = 0
    while at < size:  # by the kernel; the child may have made it shorter meanwhile
        copied = os.sendfile(to.fileno(), file.fileno(), at, size - at)
        if not copied:
            raise NoFrame("a file that shrinks")
        at += copied
    return to


def _command(said: object) -> Command:
    match said:
        case [str(op), {} as rest]:
            return read_command(op, rest)
    raise NoFrame("no command")
