"""How another process gets what was imported into this one."""

import importlib.util
import sys
from types import ModuleType
from typing import Any

from ..flow.signature import CELL
from .block import Block


def import_of(value: Any, name: str) -> str | None:
    """The import that gives a module, or what stands in one, a name; None if there is none."""
    if isinstance(value, ModuleType):
        own = value.__name__
        if sys.modules.get(own) is not value or not is_findable(own):
            return None
        return f"import {own}" if own == name else f"import {own} as {name}"
    module, qualname = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(value, Block):
        module, qualname = value.func.__module__, value.func.__qualname__
    if not (isinstance(module, str) and isinstance(qualname, str)) or "." in qualname:
        return None
    if module in ("__main__", CELL) or not is_findable(module):
        return None
    if getattr(sys.modules.get(module), qualname, None) is not value:
        return None
    return f"from {module} import {qualname}" + ("" if qualname == name else f" as {name}")


def is_findable(module: str) -> bool:
    """Whether another process can import it: it came from somewhere."""
    if module == "__main__":
        return False
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError, AttributeError):
        return False
