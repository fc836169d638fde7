"""JSON: text, and values of any shape."""

from .dump import dump
from .merge import merge
from .parse import parse
from .patch import patch
from .query import query
from .read import read

__all__ = ["dump", "merge", "parse", "patch", "query", "read"]
