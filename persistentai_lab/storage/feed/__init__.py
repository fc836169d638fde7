"""The feed layer in Postgres."""

from .feeds import Feeds

__all__ = ["Feeds"]
