"""Files of the workspace, in branches of versions: what is written is committed with its step."""

from .list import list
from .read_text import read_text
from .write_text import write_text

__all__ = ["list", "read_text", "write_text"]
