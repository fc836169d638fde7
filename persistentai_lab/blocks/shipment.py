"""The text that is shipped for a block of a cell: its function, and all that this needs.

Whatever the function names is followed: imports stay imports, constants are written out, functions
and classes of other cells come along as they were typed. What cannot come along is refused by name,
all of it at once.
"""

import ast
import builtins
import typing
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from ..errors import CannotShip, Problem
from . import annotations, of_notebook, refusals
from .block import Block
from .cells import Cells, Definition, Function, code_of, scope_of
from .closures import Closure
from .imports import gives, import_of, submodules
from .needs import Needs, needs_of
from .pieces import Piece, render
from .stale import stale_names
from .written import Written

_OF_EVERY_MODULE = frozenset({"__builtins__", "__doc__", "__name__", "__package__", "__spec__"})
_REMEMBERING = (list, dict, set, bytearray, deque, Counter)
_BY_STATEMENT = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "TypeAliasType"})


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
        self.namespace = namespace
        self.cells = Cells(namespace)
        self._imports: dict[str, None] = {}
        self._imported: set[str] = set()
        self._pieces: dict[str, Piece] = {}
        self._for: list[str] = []
        """Who needs what is being looked at, from the block on."""
        self._annotations_are_text = False
        self._written = Written(self)

    def text(self) -> str:
        """All of it."""
        return render(self._imports, self._pieces, future=self._annotations_are_text)

    # --- what is needed -----------------------------------------------------------------------

    def add_block(self, block: Block[Any, Any]) -> None:
        """Begin with a block."""
        own = block.func.__name__
        names = (name for name in (own, *self.namespace) if self.namespace.get(name) is block)
        name = next(names, own)
        self._for.append(repr(name))
        self._as_definition(name, block)

    @property
    def who(self) -> str:
        *others, who = self._for
        return f"{who} (needed by {others[0]})" if others else who

    def refuse(self, problem: Problem) -> None:
        self.problems[problem] = None

    def need(self, name: str, piece: Piece, *, is_late: bool, may_miss: bool = False) -> None:
        """Have a global there, whatever it is."""
        if name == piece.name:
            return
        if name in _OF_EVERY_MODULE:
            return
        if name in self.namespace:
            value = self.namespace[name]
            if of_notebook.is_builtin_of_ipython(name, value):
                return
        elif name in of_notebook.NAMES:
            value = getattr(builtins, name, None)
        elif hasattr(builtins, name) or may_miss:
            return
        else:
            return self.refuse(refusals.undefined(self.who, name))
        if of_notebook.is_of_the_notebook(name, value, self.namespace):
            return self.refuse(refusals.needs_notebook(self.who, name))
        if name not in self._pieces and name not in self._imported:
            self._bind(name, value)
        if name in self._pieces:
            (piece.late if is_late else piece.early)[name] = None
        return None

    def follow(self, piece: Piece, needs: Needs, skip: Collection[str] = ()) -> None:
        """Take along what a statement needs."""
        for typed in needs.magics:
            self.refuse(refusals.magic(self.who, typed))
        for name in needs.assigned:
            self.refuse(refusals.assigned(self.who, name))
        for name in needs.changed:
            value = self.namespace.get(name)
            if name not in skip and isinstance(value, _REMEMBERING):
                self.refuse(refusals.changed(self.who, name, value))
        unwanted = {*skip, *needs.assigned, *(["get_ipython"] if needs.magics else [])}
        for name in needs.names:
            if name not in unwanted:
                is_late = name not in needs.early
                self.need(name, piece, is_late=is_late, may_miss=name in needs.optional)
        for chain in needs.chains:
            if chain[0] not in skip:
                for name in submodules(chain, self.namespace):
                    self.import_as(f"import {name}")

    def written(self, name: str, value: Any, piece: Piece) -> str | None:
        """A constant as text; None when that is refused."""
        return self._written.text(name, value, piece)

    def import_as(self, statement: str) -> None:
        """Have an import stand at the top."""
        self._imports[statement] = None

    def is_own(self, value: Any) -> bool:
        """Whether it was defined in a cell, and not in a module."""
        module: object = getattr(value, "__module__", None)
        return bool(module == self.namespace.get("__name__", "__main__"))

    # --- what a global is ---------------------------------------------------------------------

    def _bind(self, name: str, value: Any) -> None:
        """Take a global along. Tries what keeps most of how it was typed first."""
        if self._as_import(name, value):
            self._imported.add(name)
        elif isinstance(value, ModuleType):
            self.refuse(refusals.not_importable(self.who, name, value.__name__))
        else:
            self._as_definition(name, value)

    def _as_import(self, name: str, value: Any) -> bool:
        typed = self.cells.import_of(name, lambda found, it: gives(found, it, name, value))
        if typed is None:
            typed = import_of(value, name)
        if typed is None:
            return False
        self.import_as(typed)
        return True

    def _as_definition(self, name: str, value: Any) -> None:
        func = _plain(value)
        if isinstance(func, type) and self.is_own(func):
            self._class(name, func)
        elif callable(func) and not isinstance(func, type) and code_of(func) and self.is_own(func):
            self._function(name, func)
        elif _is_by_statement(value) and (found := self.cells.of_name(name)) is not None:
            self._statement(name, found)
        else:
            self._constant(name, value)

    def _new(self, name: str) -> Piece:
        piece = self._pieces[name] = Piece(name)
        return piece

    def _statement(self, name: str, found: Definition) -> None:
        piece = self._new(name)
        piece.text = found.text
        self.follow(piece, needs_of(piece.text))

    def _function(self, name: str, func: Callable[..., Any]) -> None:
        found = self.cells.of_function(func)
        if found is None:
            return self.refuse(refusals.no_source(self.who, name))
        code = code_of(func)
        assert code is not None
        self._annotations_are_text |= annotations.are_text_in(code)
        if found.around:
            typed = self.cells.of_name(name)
            is_decorated = typed is not None and getattr(typed.statement, "decorator_list", None)
            if typed is not None and is_decorated:
                return self._statement(name, typed)
            if any(isinstance(scope, ast.ClassDef) for scope in found.around):
                return self.refuse(refusals.inside_class(found.name))
            if not isinstance(found.statement, Function):
                return self.refuse(refusals.nameless(self.who, name))
            return Closure(self, self._new(name), _plain).write(func, found)
        if found.name == name:
            return self._defined(name, func, found)
        if isinstance(found.statement, Function):
            return self._alias(name, func, found.name)
        return self.refuse(refusals.nameless(self.who, name))

    def _defined(self, name: str, func: Any, found: Definition) -> None:
        """A `def` at the top of a cell; `f = pai.block(f)` may follow it."""
        with_block = self.namespace.get(name)
        is_bare = isinstance(found.statement, Function) and not found.statement.decorator_list
        after = "".join(self._variants(func))
        if is_bare and isinstance(with_block, Block) and with_block.func is func:
            later = self.cells.of_name(name)
            if later is not None and isinstance(later.statement, ast.Assign):
                after = later.text
        piece = self._new(name)
        piece.text = found.text + after
        self._within(name, lambda: self._checked(piece, found, func))

    def _variants(self, func: Any) -> Iterator[str]:
        """What a function of `functools.singledispatch` does with other types."""
        for variant in dict.fromkeys(getattr(func, "registry", {}).values()):
            found = self.cells.of_function(variant)
            if found is not None and code_of(variant) is not code_of(func):
                yield f"\n\n{found.text}"

    def _alias(self, name: str, value: Any, other: str) -> None:
        """`g = f`: two names of one thing, or a block that was made of a plain function."""
        held = self.namespace.get(name)
        if isinstance(held, Block) and held.func is value:
            typed = self.cells.of_name(name)
            if typed is not None:
                return self._statement(name, typed)
        known = self.namespace.get(other)
        if not isinstance(value, FunctionType | type) and code_of(value) is code_of(_plain(known)):
            typed = self.cells.of_name(name)  # `quick = functools.cache(f)`
            if typed is not None:
                return self._statement(name, typed)
        if known is not value and known is not held:
            return self.refuse(refusals.two_definitions(other))
        piece = self._new(name)
        piece.text = f"{name} = {other}\n"
        return self.need(other, piece, is_late=False)

    def _class(self, name: str, cls: type) -> None:
        found = self.cells.of_class(cls)
        if found is None:
            typed = self.cells.of_name(name)
            if typed is not None and isinstance(typed.statement, ast.Assign):
                return self._statement(name, typed)
            return self.refuse(refusals.class_not_found(self.who, cls))
        if found.name != name:
            return self._alias(name, cls, found.name)
        assert isinstance(found.statement, ast.ClassDef)
        self._annotations_are_text |= annotations.are_text_of(found.statement, cls)
        piece = self._new(name)
        piece.text = found.text
        return self._within(name, lambda: self._checked(piece, found, cls))

    def _checked(self, piece: Piece, found: Definition, made: Any) -> None:
        """Follow what a definition needs, if that is still what it was made with."""
        for name in stale_names(found, made, self.namespace):
            self.refuse(refusals.stale(self.who, name))
        self.follow(piece, needs_of(piece.text))

    def _within(self, name: str, follow: Callable[[], None]) -> None:
        """Follow what something needs, remembering for whom."""
        is_first = self._for == [repr(name)]
        if not is_first:
            self._for.append(repr(name))
        follow()
        if not is_first:
            self._for.pop()

    def _constant(self, name: str, value: Any) -> None:
        piece = Piece(name, is_constant=True)
        text = self.written(name, value, piece)
        if text is not None:
            piece.text = f"{name} = {text}\n"
            self._pieces[name] = piece


def _plain(value: Any) -> Any:
    """What a block or a flow was made of; anything else is what it is."""
    is_made = isinstance(value, Block) or type(value).__module__.startswith("persistentai_lab.")
    return getattr(value, "func", value) if is_made else value


def _is_by_statement(value: Any) -> bool:
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
