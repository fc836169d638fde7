"""Text in, text out."""

from .join import join
from .split_lines import split_lines
from .table import table
from .template import template
from .upper import upper

__all__ = ["join", "split_lines", "table", "template", "upper"]
