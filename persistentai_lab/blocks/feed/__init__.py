"""Feeds: everything in a room or session, in one order, never changed."""

from .append import append
from .read import read

__all__ = ["append", "read"]
