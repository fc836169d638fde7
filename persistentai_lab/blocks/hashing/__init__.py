"""Fingerprints of values."""

from .sha256 import sha256

__all__ = ["sha256"]
