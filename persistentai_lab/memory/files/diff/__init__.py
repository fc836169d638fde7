"""Differences between two contents, and three-way merges, by what the content is."""

from .choose import Compared, Kind, compare, kind_of, merge

__all__ = ["Compared", "Kind", "compare", "kind_of", "merge"]
