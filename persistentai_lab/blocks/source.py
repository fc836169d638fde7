"""Blocks of somebody's module, made from its pinned source, not from what is installed here."""

import hashlib
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from types import MappingProxyType, ModuleType

from ..errors import BlockUnavailable
from .block import SOURCE
from .registry import AnyBlock, blocks_of

_LOADED: dict[tuple[str, str], Mapping[str, AnyBlock]] = {}
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
            found = MappingProxyType(_load(module_name, source, key[1]))
        _LOADED[key] = found  # the last used stands last
        if len(_LOADED) > _KEPT:
            del _LOADED[next(iter(_LOADED))]
        return found


def _load(module_name: str, source: str, digest: str) -> dict[str, AnyBlock]:
    module = ModuleType(module_name)
    module.__package__ = module_name.rpartition(".")[0]
    vars(module)[SOURCE] = source
    file = f"<{module_name} {digest[:12]}>"
    before = sys.modules.get(module_name)
    sys.modules[module_name] = module  # dataclasses and Pydantic look names up there
    loading = _LOADING.set(True)
    try:
        with suppress(_Enough):
            exec(compile(source, file, "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:  # the text is a person's, it may raise anything
        raise BlockUnavailable(
            f"Module {module_name!r} does not load here: {type(error).__name__}: {error}",
            remedy="Install what it imports on the worker, or correct it and start a new run.",
        ) from error
    finally:
        _LOADING.reset(loading)
        if before is None:
            sys.modules.pop(module_name, None)
        else:
            sys.modules[module_name] = before
    _remember_lines(file, source)
    return {block.name: block for block in blocks_of(module)}


def _remember_lines(file: str, source: str) -> None:
    """Let tracebacks show the pinned text."""
    import linecache

    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
