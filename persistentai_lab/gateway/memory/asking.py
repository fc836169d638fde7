"""What the routes of all layers have in common."""

from ...memory.author import Author
from ...security.identity import Identity


def author(by: Identity) -> Author:
    """Whoever calls writes for themselves."""
    return Author(by.workspace, by.user, by.user)
