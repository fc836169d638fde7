"""Arithmetic."""

from .add import add
from .round import round

__all__ = ["add", "round"]
