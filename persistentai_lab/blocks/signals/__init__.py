"""Signals between flows: one emits, others wait."""

from .emit import emit
from .wait_for import wait_for

__all__ = ["emit", "wait_for"]
