"""Dates and times, with their time zones."""

from .add import add
from .difference import difference
from .format import format
from .parse import parse
from .parts import parts

__all__ = ["add", "difference", "format", "parse", "parts"]
