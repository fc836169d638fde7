"""Which names mean something else now than when a function or class was defined with them.

Defaults, bases and attributes of a class are looked up once. `def f(n, k=K)` keeps the `K` that
there was; a text in which `K` is what it is now would make another function, silently.
"""

import ast
import enum
from collections.abc import Iterator, Mapping
from typing import Any

from .cells import Definition, Function, bound_names
from .closures import named_defaults, plain_function
from .constants import ConstantWriter, TooLong, Unwritable


def stale_names(found: Definition, made: Any, namespace: Mapping[str, Any]) -> Iterator[str]:
    """Those of a definition, and of what it made."""
    if isinstance(found.statement, Function):
        known = named_defaults(found.statement, plain_function(made)).items()
        yield from (name for name, value in known if _differs(name, value, namespace))
    elif isinstance(found.statement, ast.ClassDef):
        for base in found.statement.bases:
            now = namespace.get(base.id) if isinstance(base, ast.Name) else None
            if isinstance(base, ast.Name) and isinstance(now, type) and now not in made.__mro__:
                yield base.id
        for name, value in _attributes(found.statement, made):
            if _differs(name, value, namespace):
                yield name


def _attributes(statement: ast.ClassDef, cls: type) -> Iterator[tuple[str, Any]]:
    """Globals that attributes of a class were made of, `LIMIT = LIMIT`, and what they are in it."""
    if issubclass(cls, enum.Enum):  # its attributes are made into members
        return
    bound = [name for it in statement.body for name in bound_names(it)]
    for it in statement.body:
        if not isinstance(it, ast.Assign | ast.AnnAssign) or not isinstance(it.value, ast.Name):
            continue
        source, targets = it.value.id, bound_names(it)
        is_global = bound.count(source) == (source in targets)
        held = vars(cls).get(targets[0]) if len(targets) == 1 else None
        if is_global and isinstance(held, int | float | str | bytes | tuple | list | dict | set):
            yield source, held


def _differs(name: str, value: Any, namespace: Mapping[str, Any]) -> bool:
    if name not in namespace or namespace[name] is value:
        return False
    try:
        return _text(namespace[name]) != _text(value)
    except (Unwritable, TooLong, RecursionError):
        return True


def _text(value: Any) -> str:
    """Tells values apart that are alike: 1 is not True. Classes and functions are what they are."""
    return ConstantWriter(lambda thing: f"_{id(thing)}", lambda module: module).write(value)
