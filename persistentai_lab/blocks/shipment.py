"""The text that is shipped for a block of a cell: its function, and all that this needs.

Whatever the function names is followed: imports stay imports, constants are written out, functions
and classes of other cells come along as they were typed. What cannot come along is refused by name,
all of it at once.
"""

import ast
import builtins
import enum
import inspect
import re
import sys
import typing
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

from ..errors import CannotShip, Problem
from . import refusals
from .block import Block
from .cells import Cells, Definition, Function, bound_names, code_of, scope_of
from .constants import ConstantWriter, TooLong, Unwritable
from .imports import import_of
from .needs import Needs, needs_of
from .pieces import Piece, render

_ANNOTATIONS = 0x1000000
"""`CO_FUTURE_ANNOTATIONS`: annotations of this code are text."""
_OF_THE_NOTEBOOK = frozenset({"breakpoint", "display", "exit", "get_ipython", "input", "quit"})
_OF_EVERY_MODULE = frozenset({"__builtins__", "__doc__", "__name__", "__package__", "__spec__"})
_HISTORY = re.compile(r"_{1,3}|_i{1,3}|_i?\d+|In|Out|_[iod]h")
_REMEMBERING = (list, dict, set, bytearray, deque, Counter)
_BY_STATEMENT = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "TypeAliasType"})


_NOTHING = object()


def text_of(block: Block[Any, Any]) -> str:
    """The text from which `load_source` makes the block again.

    Raises:
        CannotShip: With every problem, each with its remedy.
    """
    shipment = _Shipment(scope_of(block.func))
    shipment.add_block(block)
    if shipment.problems:
        raise CannotShip(list(shipment.problems))
    return shipment.text()


class _Shipment:
    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.problems: dict[Problem, None] = {}
        self._namespace = namespace
        self._cells = Cells(namespace)
        self._imports: dict[str, None] = {}
        self._imported: set[str] = set()
        self._pieces: dict[str, Piece] = {}
        self._for: list[str] = []
        """Who needs what is being looked at, from the block on."""
        self._annotations_are_text = False

    def text(self) -> str:
        """All of it."""
        return render(self._imports, self._pieces, future=self._annotations_are_text)

    # --- what is needed -----------------------------------------------------------------------

    def add_block(self, block: Block[Any, Any]) -> None:
        """Begin with a block."""
        own = block.func.__name__
        names = (name for name in (own, *self._namespace) if self._namespace.get(name) is block)
        name = next(names, own)
        self._for.append(repr(name))
        self._as_definition(name, block)

    @property
    def _who(self) -> str:
        *others, who = self._for
        return f"{who} (needed by {others[0]})" if others else who

    def _refuse(self, problem: Problem) -> None:
        self.problems[problem] = None

    def _need(self, name: str, piece: Piece, *, is_late: bool, may_miss: bool = False) -> None:
        """Have a global there, whatever it is."""
        if name == piece.name:
            return
        if name in _OF_EVERY_MODULE:
            return
        if name in self._namespace:
            value = self._namespace[name]
            if _is_builtin_of_ipython(name, value):
                return
        elif name in _OF_THE_NOTEBOOK:
            value = getattr(builtins, name, None)
        elif hasattr(builtins, name) or may_miss:
            return
        else:
            return self._refuse(refusals.undefined(self._who, name))
        if self._is_of_the_notebook(name, value):
            return self._refuse(refusals.needs_notebook(self._who, name))
        if name not in self._pieces and name not in self._imported:
            self._bind(name, value)
        if name in self._pieces:
            (piece.late if is_late else piece.early)[name] = None
        return None

    def _is_of_the_notebook(self, name: str, value: object) -> bool:
        is_history = "_ih" in self._namespace and _HISTORY.fullmatch(name) is not None
        if is_history or refusals.is_display(value):
            return True
        return name in _OF_THE_NOTEBOOK and (
            name not in self._namespace or type(value).__module__.startswith("IPython")
        )

    def _follow(self, piece: Piece, needs: Needs, skip: Collection[str] = ()) -> None:
        """Take along what a statement needs."""
        for typed in needs.magics:
            self._refuse(refusals.magic(self._who, typed))
        for name in needs.assigned:
            self._refuse(refusals.assigned(self._who, name))
        for name in needs.changed:
            value = self._namespace.get(name)
            if name not in skip and isinstance(value, _REMEMBERING):
                self._refuse(refusals.changed(self._who, name, value))
        unwanted = {*skip, *needs.assigned, *(["get_ipython"] if needs.magics else [])}
        for name in needs.names:
            if name not in unwanted:
                is_late = name not in needs.early
                self._need(name, piece, is_late=is_late, may_miss=name in needs.annotations)
        for chain in needs.chains:
            if chain[0] not in skip:
                self._submodules(chain)

    def _submodules(self, chain: tuple[str, ...]) -> None:
        """`import scipy` does not bring `scipy.stats`."""
        module = self._namespace.get(chain[0])
        for step in chain[1:]:
            if not isinstance(module, ModuleType):
                return
            inner = getattr(module, step, None)
            name = f"{module.__name__}.{step}"
            if isinstance(inner, ModuleType) and sys.modules.get(name) is inner:
                self._imports[f"import {name}"] = None
            module = inner

    # --- what a global is ---------------------------------------------------------------------

    def _bind(self, name: str, value: Any) -> None:
        """Take a global along. Tries what keeps most of how it was typed first."""
        if self._as_import(name, value):
            self._imported.add(name)
        elif isinstance(value, ModuleType):
            self._refuse(refusals.not_importable(self._who, name, value.__name__))
        else:
            self._as_definition(name, value)

    def _as_import(self, name: str, value: Any) -> bool:
        def is_it(statement: ast.stmt, alias: ast.alias) -> bool:
            found: object = _NOTHING
            if isinstance(statement, ast.Import):
                found = sys.modules.get(alias.name if alias.asname else name, _NOTHING)
            elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
                inner = sys.modules.get(f"{statement.module}.{alias.name}", _NOTHING)
                found = getattr(sys.modules.get(statement.module), alias.name, inner)
            return found is value

        typed = self._cells.import_of(name, is_it)
        if typed is None:
            typed = import_of(value, name)
        if typed is None:
            return False
        self._imports[typed] = None
        return True

    def _as_definition(self, name: str, value: Any) -> None:
        func = getattr(value, "func", value) if _has_function(value) else value
        if isinstance(func, type) and self._is_own(func):
            self._class(name, func)
        elif callable(func) and not isinstance(func, type) and self._is_own_function(func):
            self._function(name, func)
        elif _by_statement(value) and (found := self._cells.of_name(name)) is not None:
            self._statement(name, found)
        else:
            self._constant(name, value)

    def _is_own(self, value: Any) -> bool:
        module: object = getattr(value, "__module__", None)
        return bool(module == self._namespace.get("__name__", "__main__"))

    def _is_own_function(self, value: Any) -> bool:
        code = code_of(value)
        return code is not None and self._is_own(value)

    def _new(self, name: str) -> Piece:
        piece = self._pieces[name] = Piece(name)
        return piece

    def _statement(self, name: str, found: Definition, *, before: str = "") -> None:
        piece = self._new(name)
        piece.text = before + found.text
        self._follow(piece, needs_of(piece.text))

    def _function(self, name: str, func: Callable[..., Any]) -> None:
        found = self._cells.of_function(func)
        if found is None:
            return self._refuse(refusals.no_source(self._who, name))
        code = code_of(func)
        assert code is not None
        self._annotations_are_text |= bool(code.co_flags & _ANNOTATIONS)
        if found.around:
            typed = self._cells.of_name(name)
            is_decorated = typed is not None and getattr(typed.statement, "decorator_list", None)
            if typed is not None and is_decorated:
                return self._statement(name, typed)
            return self._made(name, func, found)
        if found.name == name:
            return self._defined(name, func, found)
        if isinstance(found.statement, Function):
            return self._alias(name, func, found.name)
        return self._refuse(refusals.nameless(self._who, name))

    def _defined(self, name: str, func: Any, found: Definition) -> None:
        """A `def` at the top of a cell; `f = pai.block(f)` may follow it."""
        with_block = self._namespace.get(name)
        is_bare = isinstance(found.statement, Function) and not found.statement.decorator_list
        after = "".join(self._variants(func))
        if is_bare and isinstance(with_block, Block) and with_block.func is func:
            later = self._cells.of_name(name)
            if later is not None and isinstance(later.statement, ast.Assign):
                after = later.text
        piece = self._new(name)
        piece.text = found.text + after
        self._within(name, lambda: self._follow(piece, needs_of(piece.text)))

    def _variants(self, func: Any) -> Iterator[str]:
        """What a function of `functools.singledispatch` does with other types."""
        for variant in dict.fromkeys(getattr(func, "registry", {}).values()):
            found = self._cells.of_function(variant)
            if found is not None and code_of(variant) is not code_of(func):
                yield f"\n\n{found.text}"

    def _alias(self, name: str, value: Any, other: str) -> None:
        """`g = f`: two names of one thing, or a block that was made of a plain function."""
        held = self._namespace.get(name)
        if isinstance(held, Block) and held.func is value:
            typed = self._cells.of_name(name)
            if typed is not None:
                return self._statement(name, typed)
        known = self._namespace.get(other)
        if known is not value and known is not held:
            return self._refuse(refusals.two_definitions(other))
        piece = self._new(name)
        piece.text = f"{name} = {other}\n"
        return self._need(other, piece, is_late=False)

    def _class(self, name: str, cls: type) -> None:
        found = self._cells.of_class(cls)
        if found is None:
            typed = self._cells.of_name(name)
            if typed is not None and isinstance(typed.statement, ast.Assign):
                return self._statement(name, typed)
            return self._refuse(refusals.class_not_found(self._who, cls))
        if found.name != name:
            return self._alias(name, cls, found.name)
        assert isinstance(found.statement, ast.ClassDef)
        self._annotations_are_text |= _has_text_annotations(found.statement, cls)
        piece = self._new(name)
        piece.text = found.text
        return self._within(name, lambda: self._follow(piece, needs_of(piece.text)))

    def _within(self, name: str, follow: Callable[[], None]) -> None:
        """Follow what something needs, remembering for whom."""
        is_first = self._for == [repr(name)]
        if not is_first:
            self._for.append(repr(name))
        follow()
        if not is_first:
            self._for.pop()

    # --- functions that a function made -------------------------------------------------------

    def _made(self, name: str, func: Callable[..., Any], found: Definition) -> None:
        """A function with the values that it closes over, inside a function of the same name."""
        if any(isinstance(scope, ast.ClassDef) for scope in found.around):
            return self._refuse(refusals.inside_class(found.name))
        if not isinstance(found.statement, Function):
            return self._refuse(refusals.nameless(self._who, name))
        scopes = [scope.name for scope in found.around if isinstance(scope, Function)]
        piece = self._new(name)
        indent = len(found.text) - len(found.text.lstrip(" \t"))
        inside: dict[str, str] = {}
        self._close_over(func, found, piece, inside)
        step = indent // len(scopes)
        lines = [f"{' ' * (step * n)}def {scope}():\n" for n, scope in enumerate(scopes)]
        lines += [
            text if text.endswith("\n") else f"{' ' * indent}{text}\n" for text in inside.values()
        ]
        for n, inner in reversed(list(enumerate([*scopes[1:], found.name], 1))):
            made = found.name if n == len(scopes) else f"{inner}()"
            lines.append(f"{' ' * (indent if n == len(scopes) else step * n)}return {made}\n")
        lines.append(f"\n\n{name} = {scopes[0]}()\n")
        piece.text = "".join(lines)
        return None

    def _close_over(
        self, func: Callable[..., Any], found: Definition, piece: Piece, inside: dict[str, str]
    ) -> None:
        """Write the values of its closure, then the function itself."""
        inner = _plain_function(func)
        cells = dict(zip(inner.__code__.co_freevars, inner.__closure__ or (), strict=True))
        inside[found.name] = ""  # it may call itself
        for free, cell in cells.items():
            if free in inside:
                continue
            try:
                value = cell.cell_contents
            except ValueError:
                self._refuse(refusals.undefined(self._who, free))
                continue
            self._free(free, value, piece, inside)
        needs = needs_of(found.text)
        defaults = _named_defaults(found.statement, inner)
        for name in sorted({*needs.early, *needs.quoted} & _locals_of(found) - cells.keys()):
            if name in defaults:
                self._free(name, defaults[name], piece, inside)
            elif name not in inside:
                self._refuse(refusals.of_the_maker(self._who, name))
                inside[name] = ""
        del inside[found.name]
        inside[found.name] = found.text
        self._follow(piece, needs, skip={*inside, *cells})

    def _free(self, free: str, value: Any, piece: Piece, inside: dict[str, str]) -> None:
        func = getattr(value, "func", value) if _has_function(value) else value
        local = self._cells.of_function(func) if self._is_own_function(func) else None
        if local is not None and local.around and isinstance(local.statement, Function):
            self._close_over(func, local, piece, inside)
            return
        text = self._written(free, value, piece)
        if text is not None:
            inside[free] = f"{free} = {text}"

    # --- constants ----------------------------------------------------------------------------

    def _constant(self, name: str, value: Any) -> None:
        piece = Piece(name, is_constant=True)
        text = self._written(name, value, piece)
        if text is not None:
            piece.text = f"{name} = {text}\n"
            self._pieces[name] = piece

    def _written(self, name: str, value: Any, piece: Piece) -> str | None:
        writer = ConstantWriter(lambda thing: self._refer(thing, piece), self._module)
        try:
            return writer.write(value)
        except (TooLong, RecursionError):
            self._refuse(refusals.too_long(self._who, name, value))
        except Unwritable as error:
            self._refuse(self._why(f"{name}{error.place}", error.value))
        return None

    def _why(self, what: str, value: Any) -> Problem:
        if isinstance(value, FunctionType) and value.__name__ == "<lambda>":
            return refusals.nameless(self._who, what)
        if isinstance(value, FunctionType | BuiltinFunctionType):
            return refusals.no_source(self._who, what)
        if isinstance(value, type):
            return refusals.class_not_found(self._who, value)
        if isinstance(value, ModuleType):
            return refusals.not_importable(self._who, what, value.__name__)
        return refusals.value_problem(self._who, what, value)

    def _refer(self, thing: Any, piece: Piece) -> str | None:
        """The name under which a constant finds a class, a function or a module."""
        plain = getattr(thing, "__name__", "")
        if getattr(builtins, plain, None) is thing:
            return str(plain)
        named = (
            [plain, *self._namespace] if self._namespace.get(plain) is thing else [*self._namespace]
        )
        name = next(
            (it for it in named if self._namespace.get(it) is thing and not it.startswith("_")),
            None,
        )
        if name is not None:
            before = len(self.problems)
            self._need(name, piece, is_late=False)
            return name if len(self.problems) == before else None
        root = str(getattr(thing, "__qualname__", plain)).partition(".")[0]
        typed = import_of(thing, f"_{root}")
        if typed is None:
            return None
        self._imports[typed] = None
        return f"_{root}"

    def _module(self, name: str) -> str:
        alias = f"_{name}"
        self._imports[f"import {name} as {alias}"] = None
        return alias


def _is_builtin_of_ipython(name: str, value: object) -> bool:
    """IPython has an `open` of its own in every notebook."""
    is_builtin = hasattr(builtins, name) and name not in _OF_THE_NOTEBOOK
    return is_builtin and str(getattr(value, "__module__", "")).startswith("IPython.")


def _has_function(value: object) -> bool:
    """Whether it is a block or a flow: both keep the function that they were made of."""
    return isinstance(value, Block) or (
        type(value).__module__.startswith("persistentai_lab.") and hasattr(value, "func")
    )


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


def _named_defaults(statement: ast.stmt, func: FunctionType) -> dict[str, Any]:
    """Values of defaults that are names: `def f(x, k=k)`."""
    assert isinstance(statement, Function)
    values = [*(func.__defaults__ or ()), *(func.__kwdefaults__ or {}).values()]
    written = [*statement.args.defaults, *(it for it in statement.args.kw_defaults if it)]
    pairs = zip(written, values, strict=True)
    return {it.id: value for it, value in pairs if isinstance(it, ast.Name)}


def _plain_function(func: Callable[..., Any]) -> FunctionType:
    inner = inspect.unwrap(func)
    assert isinstance(inner, FunctionType)
    return inner


def _by_statement(value: Any) -> bool:
    """Whether it is a definition that happens to be an assignment: `T = TypeVar("T")`."""
    kind = type(value)
    return (
        kind.__name__ in _BY_STATEMENT
        or (
            kind.__module__ in ("typing", "typing_extensions", "types")
            and typing.get_origin(value) is not None
        )
        or f"{kind.__module__}.{kind.__name__}" == "pydantic.type_adapter.TypeAdapter"
    )


def _has_text_annotations(statement: ast.ClassDef, cls: type) -> bool:
    """Whether the cell of a class had `from __future__ import annotations`."""
    if issubclass(cls, enum.Enum):
        return False
    try:
        known = inspect.get_annotations(cls)
    except NameError:
        return False
    return any(
        isinstance(it, ast.AnnAssign)
        and isinstance(it.target, ast.Name)
        and not isinstance(it.annotation, ast.Constant)
        and isinstance(known.get(it.target.id), str)
        for it in statement.body
    ) or any(
        bool(code.co_flags & _ANNOTATIONS)
        for value in vars(cls).values()
        if isinstance(code := getattr(value, "__code__", None), CodeType)
        and code.co_filename != "<string>"
    )
