"""Source of people's own blocks, sent along with a flow so that the runtime need not install it."""

import importlib
import inspect
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..errors import CannotShip
from .wire import ShippedModule

if TYPE_CHECKING:
    from ..blocks.registry import AnyBlock
    from ..flow.flow import Flow
    from ..flow.model import FlowSpec


def ship_flow(flow: "Flow[Any, Any]") -> tuple[ShippedModule, ...]:
    """The modules that a traced flow takes its blocks from.

    Raises:
        CannotShip: The source of a module cannot be had; names the blocks.
    """
    shipped = []
    for module, source in flow.sources.items():
        own = tuple(item for item in flow.signatures.values() if _module(item.block) == module)
        if source is None:
            raise CannotShip([item.block.partition(":")[2] for item in own])
        shipped.append(ShippedModule(module=module, source=source, signatures=own))
    return tuple(shipped)


def ship_modules(spec: "FlowSpec") -> tuple[ShippedModule, ...]:
    """The modules of a flow read from a file, as far as they can be imported here.

    One that cannot may still be known to the runtime, and if not, its check says so by node.
    """
    names = sorted({module for module in map(_module, _blocks(spec)) if module})
    return tuple(module for name in names if (module := _import(name)) is not None)


def _import(name: str) -> ShippedModule | None:
    try:
        module = importlib.import_module(name)
        source = inspect.getsource(module)
    except (ImportError, OSError, TypeError):
        return None
    signatures = tuple(block.signature for block in _defined_in(module))
    return ShippedModule(module=name, source=source, signatures=signatures)


def _defined_in(module: ModuleType) -> Iterable["AnyBlock"]:
    from ..blocks.registry import blocks_of

    return blocks_of(module)


def _blocks(spec: "FlowSpec") -> Iterable[str]:
    yield from (node.block for node in spec.nodes)
    for inner in spec.flows.values():
        yield from _blocks(inner)


def _module(block: str) -> str:
    """`module` of `module:function`; empty for built-in blocks and flows."""
    module, colon, _ = block.partition(":")
    return module if colon and module != "flow" else ""
