"""The files layer in Postgres."""

from .files import Files

__all__ = ["Files"]
