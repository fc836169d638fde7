"""The time, as it is recorded. Nothing is ever decided by it: clocks jump."""

from datetime import UTC, datetime


def now() -> str:
    """The time, as it is recorded."""
    return datetime.now(UTC).isoformat()
