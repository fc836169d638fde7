"""The last words of a log file."""

from pathlib import Path


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
