"""Moves the files of a workspace between Postgres and lakeFS, history included."""

from .mover import Moved, Mover

__all__ = ["Moved", "Mover"]
