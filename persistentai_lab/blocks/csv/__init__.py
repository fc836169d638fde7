"""Comma-separated values."""

from .parse import parse
from .read import read

__all__ = ["parse", "read"]
