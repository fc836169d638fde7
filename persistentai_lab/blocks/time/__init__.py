"""Clock and patience."""

from .now import now
from .sleep import sleep
from .sleep_until import sleep_until
from .wait import wait

__all__ = ["now", "sleep", "sleep_until", "wait"]
