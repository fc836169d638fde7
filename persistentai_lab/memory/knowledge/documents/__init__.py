"""Documents made into pieces: each format by a library for it, in a child with limits."""

from .read import DocumentUnreadable, read_document

__all__ = ["DocumentUnreadable", "read_document"]
