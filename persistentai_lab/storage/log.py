"""Log files that nobody has to clean up: their last words, and how to keep them short."""

import shutil
from pathlib import Path

LONGEST_LOG_BYTES = 8 * 1024**2
_COMPLAINTS = ("PANIC:", "FATAL:", "ERROR:", "HINT:", "DETAIL:")


def tail(log: Path, *, since: int = 0, lines: int = 5) -> str:
    """The last lines that were written after byte `since`, or nothing if there is no such log."""
    try:
        with log.open("rb") as stream:
            end = stream.seek(0, 2)
            stream.seek(max(since if since <= end else 0, end - 8192))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])


def complaints(log: Path, *, since: int = 0) -> str:
    """What Postgres called an error after byte `since`, with its hints; else the last lines."""
    lines = tail(log, since=since, lines=100).splitlines()
    found = [line for line in lines if any(word in line for word in _COMPLAINTS)]
    return "\n".join((found or lines)[-5:])


def bound(log: Path, longest_bytes: int = LONGEST_LOG_BYTES) -> bool:
    """Begin a log anew when it is too long, keeping the one before as `<name>.1`.

    It is copied and emptied in place, because who writes it holds it open (to append).
    """
    try:
        if log.stat().st_size <= longest_bytes:
            return False
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        with log.open("r+b") as stream:
            stream.truncate(0)
    except OSError:  # the disk is full, or it was removed: never a reason to fall over
        return False
    return True
