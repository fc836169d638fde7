"""The Python in which a person's own code was written: it is to run in the same."""

import ast
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING

from ..version import VERSION

if TYPE_CHECKING:
    from ..flow.environment import Environment


def environment_of(source: str) -> "Environment":
    """This Python, and what of it a text imports."""
    from ..flow.environment import Environment

    return Environment(
        executable=sys.executable,
        python=platform.python_version(),
        lab=VERSION,
        path=import_path(),
        packages=_distributions(_imports(source)),
    )


def import_path() -> tuple[str, ...]:
    """Where this process imports from: the folder it works in is among them."""
    folders = [os.path.abspath(entry or os.getcwd()) for entry in sys.path]
    here = os.getcwd()
    if here not in folders:
        folders.append(here)
    return tuple(folder for folder in dict.fromkeys(folders) if os.path.exists(folder))


def _imports(source: str) -> list[str]:
    """Top-level modules that a text imports, wherever in it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # the worker says what is wrong with it
        return []
    names: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= dict.fromkeys(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names[node.module.partition(".")[0]] = None
    return sorted(names)


def _distributions(modules: Iterable[str]) -> dict[str, str]:
    own = [name for name in modules if name not in sys.stdlib_module_names | {"persistentai_lab"}]
    if not own:
        return {}
    known = _distributions_by_module(tuple(_installations()))
    names = {name for module in own for name in known.get(module, ())}
    return {name: metadata.version(name) for name in sorted(names)}


def _installations() -> Iterator[tuple[str, int]]:
    """Folders that packages are installed into, and when something last was."""
    for folder in import_path():
        if folder.endswith("-packages"):
            yield folder, os.stat(folder).st_mtime_ns


@lru_cache(maxsize=1)
def _distributions_by_module(
    installations: tuple[tuple[str, int], ...],
) -> Mapping[str, list[str]]:
    """Takes a third of a second where much is installed."""
    return metadata.packages_distributions()
