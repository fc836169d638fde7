"""Clock and patience."""

from .now import now
from .wait import wait

__all__ = ["now", "wait"]
