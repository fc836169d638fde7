"""Numbers about numbers."""

from .correlation import correlation
from .quantile import quantile
from .summary import summary

__all__ = ["correlation", "quantile", "summary"]
