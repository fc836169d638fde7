"""Every block that is installed: ours, one folder a family, and those of other packages."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from types import MappingProxyType, ModuleType
from typing import Any

from ..errors import BlockUnavailable
from ..flow.signature import Signature
from .block import Block

AnyBlock = Block[Any, Any]
ENTRY_POINTS = "persistentai_lab.blocks"
"""Other packages name a module (or package) of theirs in this group of entry points."""


@lru_cache(maxsize=1)
def builtin_registry() -> Mapping[str, AnyBlock]:
    """Installed blocks by name; older versions kept for stored flows are under `name@version`."""
    found: dict[str, AnyBlock] = {}
    for module in _modules():
        for block in blocks_of(module):
            _add(found, block)
    return MappingProxyType(found)


def find_block(name: str, version: int = 1) -> AnyBlock:
    """The installed block of this name and version.

    Raises:
        BlockUnavailable: There is none.
    """
    registry = builtin_registry()
    block = registry.get(name)
    if block is not None and block.signature.version != version:
        block = registry.get(f"{name}@{version}")
    if block is None:
        raise BlockUnavailable(
            f"Block {name!r} in version {version} is not installed here.",
            remedy="`persistentai blocks` lists what is; install the package that brings it.",
        )
    return block


def catalogue() -> dict[str, Signature]:
    """Signatures of everything installed, by the same names as `builtin_registry`."""
    return {name: block.signature for name, block in builtin_registry().items()}


def blocks_of(module: ModuleType) -> Iterator[AnyBlock]:
    """The blocks that a module defines (not those it imports)."""
    for value in vars(module).values():
        if isinstance(value, Block) and value.func.__module__ == module.__name__:
            yield value


def _modules() -> Iterator[ModuleType]:
    package = importlib.import_module(__package__)
    yield from _submodules(package)
    for entry in entry_points(group=ENTRY_POINTS):
        plugin = importlib.import_module(entry.module)
        yield plugin
        yield from _submodules(plugin)


def _submodules(package: ModuleType) -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(getattr(package, "__path__", []), f"{package.__name__}."):
        yield importlib.import_module(info.name)


def _add(found: dict[str, AnyBlock], block: AnyBlock) -> None:
    known = found.get(block.name)
    if known is None:
        found[block.name] = block
        return
    newer, older = sorted((known, block), key=lambda b: b.signature.version, reverse=True)
    if newer.signature.version == older.signature.version and newer is not older:
        raise ValueError(f"{block.name!r} version {block.signature.version} is defined twice")
    found[block.name] = newer
    found[f"{older.name}@{older.signature.version}"] = older
