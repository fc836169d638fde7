"""Values as they are: literals, and the explicit change of type."""

from .cast import cast
from .constant import constant

__all__ = ["cast", "constant"]
