"""Text in, text out."""

from .contains import contains
from .decode import decode
from .encode import encode
from .find_all import find_all
from .join import join
from .replace import replace
from .slug import slug
from .split import split
from .split_lines import split_lines
from .table import table
from .template import template
from .trim import trim
from .upper import upper

__all__ = [
    "contains",
    "decode",
    "encode",
    "find_all",
    "join",
    "replace",
    "slug",
    "split",
    "split_lines",
    "table",
    "template",
    "trim",
    "upper",
]
