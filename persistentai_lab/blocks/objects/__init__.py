"""Objects: named values in one."""

from .get import get
from .put import put

__all__ = ["get", "put"]
