"""Feeds: everything in a room or session, in one order, never changed."""

from .append import append
from .append_all import append_all
from .forget import forget
from .last import last
from .patch_state import patch_state
from .read import read
from .state import state
from .verify import verify

__all__ = [
    "append",
    "append_all",
    "forget",
    "last",
    "patch_state",
    "read",
    "state",
    "verify",
]
