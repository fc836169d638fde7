"""Reading a document in a child process."""

import asyncio
import json
import os
import sys
from contextlib import suppress

from ....errors import MemoryRefused
from ..asks import PIECES_MAX, Piece
from .child import MISSING, UNREADABLE

DOCUMENT_MAX = 64 * 1024 * 1024
"""Bytes of a document."""
PATIENCE_S = 120.0
AT_ONCE = 2
"""Children at a time in one process."""
_places = asyncio.Semaphore(AT_ONCE)


class DocumentUnreadable(MemoryRefused):
    """A document is broken, locked, empty, or needs a package that is not here."""

    code = "document_unreadable"


async def read_document(name: str, data: bytes) -> tuple[Piece, ...]:
    """The pieces of a document.

    Args:
        name: Its end says the format; without one, how the document begins does.
        data: The whole document, at most `DOCUMENT_MAX` bytes.

    Raises:
        DocumentUnreadable: Says why, and what to do.
    """
    if not data:
        raise _unreadable(name, "it is empty", "Look whether it was saved whole.")
    if len(data) > DOCUMENT_MAX:
        limit = f"{DOCUMENT_MAX // 1024**2} MiB"
        raise _unreadable(name, f"it has more than {limit}", "Split it.")
    async with _places:
        code, said = await _run(name, data)
    if code == 0:
        pieces = tuple(Piece(**piece) for piece in said)
        if not pieces:
            raise _unreadable(
                name, "it holds no text",
                "Pages that were scanned are pictures: have their text recognised first.",
            )  # fmt: skip
        if len(pieces) > PIECES_MAX:
            raise _unreadable(name, f"it makes {len(pieces):,} pieces", "Split it.")
        return pieces
    if code == MISSING:
        raise _unreadable(
            name, f"the package {said!r} is not installed here",
            "pip install 'persistentai-lab[knowledge]'",
        )  # fmt: skip
    if code == UNREADABLE:
        raise _unreadable(name, str(said), "Open it, and save it again.")
    raise _unreadable(name, "reading it took too much time or memory", "Split it, or save it anew.")


async def _run(name: str, data: bytes) -> tuple[int | None, list[dict[str, str]]]:
    command = [sys.executable, "-m", f"{__package__}.child", name[-200:]]
    # No secret of this process has any business in there.
    environ = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LC_ALL": "C.UTF-8"}
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env=environ
    )
    try:
        said, _ = await asyncio.wait_for(child.communicate(data), PATIENCE_S)
    except TimeoutError:
        return None, []
    finally:
        with suppress(ProcessLookupError):
            child.kill()
            await child.wait()
    try:
        return child.returncode, json.loads(said)
    except ValueError:
        return None, []


def _unreadable(name: str, why: str, remedy: str) -> DocumentUnreadable:
    return DocumentUnreadable(f"{name!r} can't be read: {why.rstrip('.')}.", remedy=remedy)
