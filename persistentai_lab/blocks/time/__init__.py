"""Clock and patience."""

from .wait import wait

__all__ = ["wait"]
