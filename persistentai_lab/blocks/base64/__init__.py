"""Bytes as text, and back."""

from .decode import decode
from .encode import encode

__all__ = ["decode", "encode"]
