"""The knowledge layer in Postgres."""

from .knowledge import Knowledge

__all__ = ["Knowledge"]
