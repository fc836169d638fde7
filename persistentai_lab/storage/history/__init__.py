"""The history layer in Postgres."""

from .history import History

__all__ = ["History"]
