"""Blocks of somebody's module, made from its pinned source, not from what is installed here."""

import __future__

import ast
import hashlib
import linecache
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from types import CodeType, MappingProxyType, ModuleType

from ..errors import BlockUnavailable
from ..flow.signature import CELL
from .block import SOURCE
from .cells import bound_names, first_line
from .registry import AnyBlock, blocks_of

_LOADED: dict[tuple[str, str], "_Loaded"] = {}
_LOCK = threading.RLock()
_LOADING: ContextVar[bool] = ContextVar("loading", default=False)
_KEPT = 200
"""Modules kept loaded; a worker sees many versions in its life."""


class _Enough(Exception):
    """The text goes on to start a run: what it has to say about blocks has been said."""


def stop_if_loading() -> None:
    """End the loading of a module that begins to do things; called by what starts runs.

    A script defines its blocks and then runs its flow. Loaded for its blocks, it must not: each
    run would load it again and start another, without end.
    """
    if _LOADING.get():
        raise _Enough


def load_source(module_name: str, source: str) -> Mapping[str, AnyBlock]:
    """Run the text of a module and return its blocks by name (`module:function`).

    The same text is run once a process. The module stands in `sys.modules` only while it runs, so
    two versions of it can be loaded side by side.

    Raises:
        BlockUnavailable: The text does not run here (a package is missing, a syntax error).
    """
    key = module_name, hashlib.sha256(source.encode()).hexdigest()
    with _LOCK:
        found = _LOADED.pop(key, None)
        if found is None:
            found = _load(module_name, source, f"<{module_name} {key[1][:12]}>")
        for part in found.parts:  # another version of the same function may have been here
            part.remember()
        _LOADED[key] = found  # the last used stands last
        if len(_LOADED) > _KEPT:
            del _LOADED[next(iter(_LOADED))]
        return found.blocks


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a text, compiled under a name by which tracebacks tell it."""

    file: str
    text: str
    code: CodeType

    def remember(self) -> None:
        """Let tracebacks show the pinned text."""
        lines = self.text.splitlines(keepends=True)
        linecache.cache[self.file] = len(self.text), None, lines, self.file


@dataclass(frozen=True, slots=True)
class _Loaded:
    blocks: Mapping[str, AnyBlock]
    parts: tuple[_Part, ...]


def _load(module_name: str, source: str, file: str) -> _Loaded:
    module = ModuleType(module_name)
    module.__package__ = module_name.rpartition(".")[0]
    vars(module)[SOURCE] = source
    before = sys.modules.get(module_name)
    sys.modules[module_name] = module  # dataclasses and Pydantic look names up there
    loading = _LOADING.set(True)
    parts: tuple[_Part, ...] = ()
    try:
        parts = _statements(source) if module_name == CELL else (_whole(source, file),)
        with suppress(_Enough):
            for part in parts:
                part.remember()
                exec(part.code, vars(module))
            _complete(module)
    except (Exception, SystemExit) as error:  # the text is a person's, it may raise anything
        what = "A function of a cell" if module_name == CELL else f"Module {module_name!r}"
        raise BlockUnavailable(
            f"{what} does not load here: {type(error).__name__}: {error}",
            remedy="Install what it imports on the worker, or correct it and start a new run.",
        ) from error
    finally:
        _LOADING.reset(loading)
        if before is None:
            sys.modules.pop(module_name, None)
        else:
            sys.modules[module_name] = before
    return _Loaded(MappingProxyType({block.name: block for block in blocks_of(module)}), parts)


def _complete(module: ModuleType) -> None:
    """Let models find the models that were defined after them, while the module is to be found."""
    for value in vars(module).values():
        is_own = isinstance(value, type) and value.__module__ == module.__name__
        if is_own and vars(value).get("__pydantic_complete__") is False:
            value.model_rebuild(raise_errors=False)


def _whole(source: str, file: str) -> _Part:
    try:
        return _Part(file, source, compile(source, file, "exec", dont_inherit=True))
    except SyntaxError:
        linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
        raise


def _statements(source: str) -> tuple[_Part, ...]:
    """What was put together out of cells: each definition has its own lines, from 1 on.

    So a traceback says `<cell:clean>, line 3`, whatever else was shipped along.
    """
    tree, lines = ast.parse(source), source.splitlines(keepends=True)
    first = tree.body[0] if tree.body else None
    is_future = isinstance(first, ast.ImportFrom) and first.module == "__future__"
    flags = __future__.annotations.compiler_flag if is_future else 0
    parts = []
    for statement in tree.body:
        start = first_line(statement)
        text = "".join(lines[start - 1 : statement.end_lineno])
        names = bound_names(statement)
        file = f"<{CELL}:{names[0]}>" if names else f"<{CELL}>"
        ast.increment_lineno(statement, 1 - start)
        code = compile(ast.Module([statement], []), file, "exec", flags, dont_inherit=True)
        parts.append(_Part(file, text, code))
    return tuple(parts)
