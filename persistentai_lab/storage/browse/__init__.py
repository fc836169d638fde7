"""The Memory Tree as people look through it: one tree of all layers, at any moment."""

from .browse import Browse

__all__ = ["Browse"]
