"""A function that a function made: written with the values it closes over, inside its makers.

`def scale(by): def f(n): return n * by; return f` and `f = scale(3)` become a `scale` that takes
nothing and has `by = 3` in it.
"""

import ast
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from . import refusals
from .cells import Definition, Function, bound_names
from .needs import needs_of
from .pieces import Piece
from .shipping import Shipping


class Closure:
    """Writes one such function into a piece.

    Args:
        ship: The shipment that it is for.
        piece: What it becomes.
        plain: Gives the function below what `block` and `flow` make of it.
    """

    def __init__(self, ship: Shipping, piece: Piece, plain: Callable[[Any], Any]) -> None:
        self._ship = ship
        self._piece = piece
        self._plain = plain
        self._indent = ""
        self._lines: dict[str, str] = {}
        """What stands inside the makers, by the name that it defines."""
        self._values: dict[str, Any] = {}
        self._globals: set[str] = set()
        """What they mean by these names stands outside."""

    def write(self, func: Callable[..., Any], found: Definition) -> None:
        """Write it, and take along what it needs."""
        self._indent = _indent_of(found)
        self._close_over(func, found)
        for name in sorted(self._globals & self._lines.keys()):
            self._ship.refuse(refusals.two_definitions(name))
        scopes = [scope.name for scope in found.around if isinstance(scope, Function)]
        step = len(self._indent) // len(scopes)
        lines = [f"{' ' * (step * n)}def {scope}():\n" for n, scope in enumerate(scopes)]
        lines += [
            text if text.endswith("\n") else f"{self._indent}{text}\n"
            for text in self._lines.values()
        ]
        lines.append(f"{self._indent}return {found.name}\n")
        for n, inner in reversed(list(enumerate(scopes[1:], 1))):
            lines.append(f"{' ' * (step * n)}return {inner}()\n")
        lines.append(f"\n\n{self._piece.name} = {scopes[0]}()\n")
        self._piece.text = "".join(lines)

    def _close_over(self, func: Callable[..., Any], found: Definition) -> None:
        """Write the values of its closure, then the function itself."""
        inner = plain_function(func)
        cells = dict(zip(inner.__code__.co_freevars, inner.__closure__ or (), strict=True))
        self._values[found.name] = func
        self._lines[found.name] = ""  # it may call itself
        for name in sorted(_nonlocals(found.statement) & cells.keys()):
            return self._ship.refuse(refusals.nonlocal_assigned(self._ship.who, name))
        for free, cell in cells.items():
            try:
                value = cell.cell_contents
            except ValueError:
                self._ship.refuse(refusals.undefined(self._ship.who, free))
                continue
            self._free(free, value)
        needs = needs_of(found.text)
        self._globals |= set(needs.late) - cells.keys()
        defaults = named_defaults(found.statement, inner)
        for name in sorted({*needs.early, *needs.quoted} & _locals_of(found) - cells.keys()):
            if name in defaults:
                self._free(name, defaults[name])
            elif name not in self._lines:
                self._ship.refuse(refusals.of_the_maker(self._ship.who, name))
                self._lines[name] = ""
        del self._lines[found.name]
        self._lines[found.name] = found.text
        return self._ship.follow(self._piece, needs, skip={*self._lines, *cells})

    def _free(self, free: str, value: Any) -> None:
        func = self._plain(value)
        if free in self._lines:
            if self._plain(self._values.get(free)) is not func:
                self._ship.refuse(refusals.two_definitions(free))
            return
        self._values[free] = value
        is_own = callable(func) and self._ship.is_own(func)
        local = self._ship.cells.of_function(func) if is_own else None
        if local is not None and local.around and isinstance(local.statement, Function):
            self._local(free, func, local)
            return
        text = self._ship.written(free, value, self._piece)
        if text is not None:
            self._lines[free] = f"{free} = {text}"

    def _local(self, free: str, func: Callable[..., Any], local: Definition) -> None:
        """Another function that was made in there, perhaps by another name."""
        if _indent_of(local) != self._indent:
            return self._ship.refuse(refusals.made_elsewhere(self._ship.who, free))
        if local.name not in self._lines:
            self._close_over(func, local)
        elif self._plain(self._values.get(local.name)) is not func:
            return self._ship.refuse(refusals.two_definitions(local.name))
        if free != local.name:
            self._lines[free] = f"{free} = {local.name}"
        return None


def plain_function(func: Callable[..., Any]) -> FunctionType:
    """What a person wrote, below what decorators put around it."""
    inner = inspect.unwrap(func)
    assert isinstance(inner, FunctionType)
    return inner


def named_defaults(statement: ast.stmt, func: FunctionType) -> dict[str, Any]:
    """Values of defaults that are names: `def f(x, k=k)`."""
    assert isinstance(statement, Function)
    values = [*(func.__defaults__ or ()), *(func.__kwdefaults__ or {}).values()]
    written = [*statement.args.defaults, *(it for it in statement.args.kw_defaults if it)]
    if len(values) != len(written):  # somebody set them later
        return {}
    pairs = zip(written, values, strict=True)
    return {it.id: value for it, value in pairs if isinstance(it, ast.Name)}


def _indent_of(found: Definition) -> str:
    return found.text[: len(found.text) - len(found.text.lstrip(" \t"))]


def _nonlocals(statement: ast.stmt) -> set[str]:
    nodes = (it for it in ast.walk(statement) if isinstance(it, ast.Nonlocal))
    return {name for it in nodes for name in it.names}


def _locals_of(found: Definition) -> set[str]:
    """Names that the functions around a definition give something to."""
    names: set[str] = set()
    for scope in found.around:
        assert isinstance(scope, Function)
        names |= {node.arg for node in ast.walk(scope.args) if isinstance(node, ast.arg)}
        names |= {
            name for it in ast.walk(scope) if isinstance(it, ast.stmt) for name in bound_names(it)
        }
    return names
