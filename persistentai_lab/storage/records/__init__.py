"""The records layer in Postgres."""

from .records import Records
from .sweep import sweep

__all__ = ["Records", "sweep"]
