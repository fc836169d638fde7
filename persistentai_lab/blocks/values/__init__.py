"""Values as they are: literals, and the explicit change of type."""

from .cast import cast
from .compare import compare
from .constant import constant

__all__ = ["cast", "compare", "constant"]
