"""Building blocks: `@block`, the registry, and one folder a family with one file a block."""

from .block import Block, Example, block
from .context import LENT, Context
from .ports import BlockInvalid
from .registry import builtin_registry, catalogue, find_block
from .source import load_source

__all__ = [
    "LENT",
    "Block",
    "BlockInvalid",
    "Context",
    "Example",
    "block",
    "builtin_registry",
    "catalogue",
    "find_block",
    "load_source",
]
