"""Source of people's own blocks, sent along with a flow so that the runtime need not install it."""

import importlib
import inspect
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .wire import ShippedModule

if TYPE_CHECKING:
    from ..blocks.registry import AnyBlock
    from ..flow.flow import Flow
    from ..flow.model import FlowSpec


def ship_flow(flow: "Flow[Any, Any]") -> tuple[ShippedModule, ...]:
    """The code that a traced flow takes its blocks from.

    Raises:
        CannotShip: Something of it cannot be sent; names all of it.
    """
    from ..flow.source import pinned
    from .environment import environment_of

    return tuple(
        ShippedModule(
            module=it.unit,
            source=it.text,
            signatures=it.signatures,
            environment=environment_of(it.text),
        )
        for it in pinned(flow.spec, flow.signatures, flow.sources)
    )


def ship_modules(spec: "FlowSpec") -> tuple[ShippedModule, ...]:
    """The modules of a flow read from a file, as far as they can be imported here.

    One that cannot may still be known to the runtime, and if not, its check says so by node.
    """
    from ..flow.signature import CELL, code_unit

    units = sorted({unit for unit in map(code_unit, _blocks(spec)) if unit})
    names = [unit for unit in units if not unit.startswith(f"{CELL}:")]
    return tuple(module for name in names if (module := _import(name)) is not None)


def _import(name: str) -> ShippedModule | None:
    from .environment import environment_of

    try:
        module = importlib.import_module(name)
        source = inspect.getsource(module)
    except (ImportError, OSError, TypeError):
        return None
    signatures = tuple(block.signature for block in _defined_in(module))
    return ShippedModule(
        module=name, source=source, signatures=signatures, environment=environment_of(source)
    )


def _defined_in(module: ModuleType) -> Iterable["AnyBlock"]:
    from ..blocks.registry import blocks_of

    return blocks_of(module)


def _blocks(spec: "FlowSpec") -> Iterable[str]:
    yield from (node.block for node in spec.nodes)
    for inner in spec.flows.values():
        yield from _blocks(inner)
