"""Knowledge: facts with their times and sources, and text found by words and meaning."""

from .recall import recall
from .remember import remember

__all__ = ["recall", "remember"]
