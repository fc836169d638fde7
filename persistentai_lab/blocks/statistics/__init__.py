"""Numbers that describe numbers."""

from .summary import summary

__all__ = ["summary"]
