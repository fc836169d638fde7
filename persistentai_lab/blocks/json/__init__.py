"""JSON text."""

from .parse import parse
from .read import read

__all__ = ["parse", "read"]
