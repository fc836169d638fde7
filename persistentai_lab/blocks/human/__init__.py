"""People, asked while a flow runs."""

from .ask import ask

__all__ = ["ask"]
