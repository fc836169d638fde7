"""Records of the workspace: values that outlive a run, by key."""

from .append import append
from .get import get
from .put import put

__all__ = ["append", "get", "put"]
