"""Keeps a local runtime running: `up`, `down` and `status`, and the process behind them."""

from .control import down, status, up
from .model import ProcessStatus, Status

__all__ = ["ProcessStatus", "Status", "down", "status", "up"]
