"""Where things that a person typed into cells are defined: their statements, as typed.

IPython keeps the text of each cell in `linecache`, under the name of the file that its code claims
to come from.
"""

import ast
import inspect
import linecache
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef
NOTEBOOK = "<notebook "
"""Begins the names of cells that are read from a file."""
_CELL_NAMES = ("<ipython-input-", "<python-input-", NOTEBOOK)
AROUND_PYTHON = frozenset({"capture", "prun", "time"})
"""Cell magics that run the Python below them."""
_HISTORY = "_ih"
"""IPython's list of all cells that ran, in order."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A statement, and around it the functions that it stands in."""

    statement: ast.stmt
    text: str
    """Whole lines, as typed; indented as typed."""
    around: tuple[ast.AST, ...] = ()
    """From the outermost on."""

    @property
    def name(self) -> str:
        """What it defines."""
        return bound_names(self.statement)[0]


class Cells:
    """The cells behind one namespace."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._newest_first: list[str] | None = None

    def of_function(self, func: Callable[..., Any]) -> Definition | None:
        """The statement that made a function: a `def`, or the assignment of a `lambda`."""
        code = code_of(func)
        if code is None:
            return None
        typed = "".join(linecache.getlines(code.co_filename))
        for text in [typed] if typed else self._inside_magics():
            for found in definitions(text):
                if _makes(found.statement, code):
                    return found
        return None

    def of_class(self, cls: type) -> Definition | None:
        """The newest statement that looks like a class: other cells may have defined it before."""
        for text in self._texts():
            for found in reversed(definitions(text)):
                statement = found.statement
                if (
                    isinstance(statement, ast.ClassDef)
                    and (statement.name, found.around) == (cls.__qualname__, ())
                    and _looks_like(statement, cls, text)
                ):
                    return found
        return None

    def of_name(self, name: str) -> Definition | None:
        """The newest assignment or `def` of a name at the top of a cell."""
        kinds = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, *_ALIASES)
        return next((it for it in self._top_level(*kinds) if it.name == name), None)

    def import_of(self, name: str, is_it: Callable[[ast.stmt, ast.alias], bool]) -> str | None:
        """The newest import that gave a name what it has now, as one statement."""
        for found in self._top_level(ast.Import, ast.ImportFrom, anywhere=True):
            statement = found.statement
            assert isinstance(statement, ast.Import | ast.ImportFrom)
            for alias in statement.names:
                if bound_by(alias) == name and is_it(statement, alias):
                    return ast.unparse(only(statement, alias))
        return None

    def _inside_magics(self) -> Iterator[str]:
        """What stood under `%%time` and its like, which run it themselves; newest first."""
        for text in self._texts():
            if ".run_cell_magic(" in text:
                yield from under_magics(text)

    def _top_level(self, *kinds: type[ast.stmt], anywhere: bool = False) -> Iterator[Definition]:
        for text in self._texts():
            for found in reversed(definitions(text)):
                if isinstance(found.statement, kinds) and (anywhere or not found.around):
                    yield found

    def _texts(self) -> list[str]:
        if self._newest_first is None:
            ran = self._namespace.get(_HISTORY)
            ran = ran if isinstance(ran, list) else []
            place = {str(text).rstrip("\n"): number for number, text in enumerate(ran)}
            texts = [text for name, text in _virtual_files() if _is_typed(name)]
            order = sorted(
                enumerate(texts), key=lambda it: (place.get(it[1].rstrip("\n"), -1), it[0])
            )
            self._newest_first = [text for _, text in reversed(order)]
        return self._newest_first


_ALIASES: tuple[type[ast.stmt], ...] = tuple(
    kind for kind in [getattr(ast, "TypeAlias", None)] if kind is not None
)
"""`type X = …`, where Python has it."""


def code_of(func: Callable[..., Any]) -> CodeType | None:
    """The code of the function that a person wrote, below what decorators put around it."""
    try:
        inner = inspect.unwrap(func)
    except ValueError:
        return None
    return inner.__code__ if isinstance(inner, FunctionType) else None


def scope_of(func: Callable[..., Any]) -> dict[str, Any]:
    """The globals of the function that a person wrote."""
    scope: dict[str, Any] = getattr(inspect.unwrap(func), "__globals__", {})
    return scope


@lru_cache(maxsize=512)
def definitions(text: str) -> tuple[Definition, ...]:
    """Every statement of a cell that gives something a name, inner ones too."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    return tuple(_definitions(tree, text.splitlines(keepends=True), ()))


def under_magics(text: str) -> Iterator[str]:
    """The Python that a cell, as IPython has it, hands to a magic."""
    for statement in ast.parse(text).body:
        match statement:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(attr="run_cell_magic"),
                    args=[ast.Constant(value=name), _, ast.Constant(value=str(body))],
                )
            ) if name in AROUND_PYTHON:
                yield body


def _definitions(
    parent: ast.AST, lines: list[str], around: tuple[ast.AST, ...]
) -> Iterator[Definition]:
    for child in ast.iter_child_nodes(parent):
        if isinstance(child, ast.stmt) and bound_names(child):
            text = text_of(child, lines)
            yield Definition(child, text if around else _dedented(text), around)
        is_scope = isinstance(child, Function | ast.ClassDef)
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _definitions(child, lines, (*around, child) if is_scope else around)


def text_of(statement: ast.stmt, lines: list[str]) -> str:
    """A statement as typed, from its first decorator on."""
    first, last = first_line(statement), statement.end_lineno or statement.lineno
    if isinstance(statement, Function | ast.ClassDef):
        return "".join(lines[first - 1 : last]).rstrip("\n") + "\n"
    return (
        ast.unparse(statement) + "\n"
        if _shares_lines(statement, lines)
        else ("".join(lines[first - 1 : last]).strip() + "\n")
    )


def _dedented(text: str) -> str:
    """What stands under an `if`, without it; the lines of texts in it stay as they are."""
    if not text[:1].isspace():
        return text
    kept, moved = f"if True:\n{text}", dedent(text)
    (around,) = ast.parse(kept).body
    assert isinstance(around, ast.If)
    try:
        is_same = ast.dump(ast.Module(around.body, [])) == ast.dump(ast.parse(moved))
    except SyntaxError:
        is_same = False
    return moved if is_same else kept


def _shares_lines(statement: ast.stmt, lines: list[str]) -> bool:
    """Whether others stand on its lines, as in `a = 1; b = 2`."""
    last = statement.end_lineno or statement.lineno
    before = lines[statement.lineno - 1].encode()[: statement.col_offset]
    after = lines[last - 1].encode()[statement.end_col_offset :].strip()
    return bool(before.strip()) or (bool(after) and not after.startswith(b"#"))


def first_line(statement: ast.stmt) -> int:
    """Its first line; decorators belong to it."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(it.lineno for it in decorators)])


def bound_names(statement: ast.stmt) -> tuple[str, ...]:
    """The names that a statement gives something to."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return (statement.name,)
        case ast.Import() | ast.ImportFrom():
            return tuple(bound_by(alias) for alias in statement.names)
        case ast.Assign():
            return tuple(
                node.id
                for target in statement.targets
                for node in ast.walk(target)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            )
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            return (name,)
        case _ if isinstance(statement, _ALIASES):
            return (statement.name.id,)  # type: ignore[attr-defined]
    return ()


def bound_by(alias: ast.alias) -> str:
    """The name that an import gives."""
    return alias.asname or alias.name.partition(".")[0]


def only(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    """The import of one name out of many."""
    if isinstance(statement, ast.Import):
        return ast.Import([alias])
    return ast.ImportFrom(statement.module, [alias], statement.level)


def _makes(statement: ast.stmt, code: CodeType) -> bool:
    if isinstance(statement, Function):
        return statement.name == code.co_name and first_line(statement) == code.co_firstlineno
    if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(
        statement.value, ast.Lambda
    ):
        return code.co_name == "<lambda>" and statement.value.lineno == code.co_firstlineno
    return False


def _looks_like(statement: ast.ClassDef, cls: type, text: str) -> bool:
    """Whether a class can have come from a statement: its fields and methods are the same."""
    written = {name for it in statement.body for name in bound_names(it)}
    written |= {
        it.target.id
        for it in statement.body
        if isinstance(it, ast.AnnAssign) and isinstance(it.target, ast.Name)
    }
    known = {*vars(cls), *_fields(cls)}
    prefix = f"_{cls.__name__.lstrip('_')}"
    # The last of a name counts: a property's setter, what stands below overloads.
    methods = {it.name: it for it in statement.body if isinstance(it, Function)}
    return all(name in known or f"{prefix}{name}" in known for name in written) and all(
        _is_method(it, cls, text) for it in methods.values()
    )


def _is_method(statement: Function, cls: type, text: str) -> bool:
    """Whether a method that a cell defines is the one that the class has."""
    there = inspect.getattr_static(cls, statement.name, None)
    parts = [getattr(there, name, None) for name in ("__func__", "fget", "fset", "fdel")]
    codes = [code_of(part) for part in (there, *parts) if callable(part)]
    own = [code for code in codes if code is not None and code.co_name == statement.name]
    return not own or any(  # or else a decorator made something else of it
        first_line(statement) == code.co_firstlineno
        and "".join(linecache.getlines(code.co_filename)) == text
        for code in own
    )


def _fields(cls: type) -> Iterator[str]:
    for fields in ("__pydantic_fields__", "__dataclass_fields__", "__private_attributes__"):
        yield from getattr(cls, fields, None) or ()
    try:
        yield from cls.__annotations__
    except (AttributeError, NameError):  # none, or some that cannot be known yet
        return


def _virtual_files() -> Iterator[tuple[str, str]]:
    """Texts in `linecache` that are of no file: those of cells among them."""
    for name, entry in list(linecache.cache.items()):
        if len(entry) == 4 and entry[1] is None and not os.path.isfile(name):
            yield name, "".join(entry[2])


def _is_typed(name: str) -> bool:
    """Whether it is the name of a cell; libraries leave texts there too, as `load_source` does."""
    return not name.startswith("<") or name.startswith(_CELL_NAMES)
