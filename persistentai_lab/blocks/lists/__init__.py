"""Lists, and rows (lists of objects)."""

from .batches import batches
from .filter import filter
from .group_by import group_by
from .length import length
from .of import of
from .sort_by import sort_by
from .take import take

__all__ = ["batches", "filter", "group_by", "length", "of", "sort_by", "take"]
