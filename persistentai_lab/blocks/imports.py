"""How another process gets what was imported into this one."""

import ast
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from ..flow.signature import CELL
from .block import Block

_NOTHING = object()


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


def gives(statement: ast.stmt, alias: ast.alias, name: str, value: object) -> bool:
    """Whether an import that somebody typed gives a name what it has."""
    found: object = _NOTHING
    if isinstance(statement, ast.Import):
        found = sys.modules.get(alias.name if alias.asname else name, _NOTHING)
    elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
        inner = sys.modules.get(f"{statement.module}.{alias.name}", _NOTHING)
        found = getattr(sys.modules.get(statement.module), alias.name, inner)
    return found is value


def submodules(chain: Sequence[str], namespace: Mapping[str, Any]) -> Iterator[str]:
    """Modules inside others that a dotted name leads to: `import scipy` brings no `scipy.stats`."""
    module = namespace.get(chain[0])
    for step in chain[1:]:
        if not isinstance(module, ModuleType):
            return
        inner = getattr(module, step, None)
        name = f"{module.__name__}.{step}"
        if isinstance(inner, ModuleType) and sys.modules.get(name) is inner:
            yield name
        module = inner
