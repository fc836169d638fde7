"""The records layer in Postgres."""

from .records import Records

__all__ = ["Records"]
