"""The web."""

from .get import get

__all__ = ["get"]
