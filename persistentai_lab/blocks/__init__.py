"""Building blocks: `@block`, the registry, and one folder a family with one file a block."""

from .block import Block, Example, block
from .context import Context
from .ports import BlockInvalid
from .registry import builtin_registry, catalogue, find_block
from .source import load_source

__all__ = [
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
