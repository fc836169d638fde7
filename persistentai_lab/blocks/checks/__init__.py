"""Stop a run that has gone wrong."""

from .ensure import ensure

__all__ = ["ensure"]
