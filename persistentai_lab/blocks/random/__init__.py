"""Chance: recorded, and the same again for a seed."""

from .choice import choice
from .number import number
from .shuffle import shuffle

__all__ = ["choice", "number", "shuffle"]
