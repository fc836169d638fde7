"""Tell those who watch."""

from .message import message

__all__ = ["message"]
