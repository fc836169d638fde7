"""How states, times and long texts are told to people, on terminals and in notebooks alike."""

from datetime import UTC, datetime

SHAPES = {
    "queued": "○",
    "running": "◔",
    "starting": "◔",
    "waiting": "?",
    "paused": "‖",
    "backing_off": "↻",
    "completed": "✓",
    "reused": "↪",
    "failed": "✗",
    "timed_out": "✗",
    "not_answering": "✗",
    "skipped": "–",
    "cancelled": "■",
    "stopped": "■",
}
"""A state is a shape, a colour and a word; never a colour alone."""


def shape(status: str) -> str:
    """The shape of a state."""
    return SHAPES.get(status, "·")


def ago(moment: datetime | None) -> str:
    """`12 s ago`."""
    if moment is None:
        return ""
    return f"{lasted((datetime.now(UTC) - moment).total_seconds())} ago"


def between(start: datetime | None, end: datetime | None) -> str:
    """How long something took, or has taken so far."""
    if start is None:
        return ""
    return lasted(((end or datetime.now(UTC)) - start).total_seconds())


def lasted(seconds: float) -> str:
    """A duration, as exact as people want it."""
    seconds = max(seconds, 0.0)
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"


def shorten(text: str, width: int) -> str:
    """Text on one line of at most `width` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def sized(size: int) -> str:
    """An amount of bytes: `1.2 MB`."""
    if size < 1000:
        return f"{size} byte{'' if size == 1 else 's'}"
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.5:
            return f"{amount:.3g} {unit}"
    return f"{amount:,.0f} GB"
