"""Source of people's own blocks, sent along with a flow so that the runtime need not install it."""

import importlib
import inspect
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .wire import ShippedModule

if TYPE_CHECKING:
    from ..blocks.registry import AnyBlock
    from ..flow.flow import Flow
    from ..flow.model import FlowSpec
    from ..flow.signature import Signature


def ship_flow(flow: "Flow[Any, Any]") -> tuple[ShippedModule, ...]:
    """The code that a flow takes its blocks from, as it is now.

    Raises:
        CannotShip: Something of it cannot be sent; names all of it.
    """
    from ..flow.source import pinned

    code = [
        _shipped(it.unit, it.text, it.signatures)
        for it in pinned(flow.spec, flow.signatures, flow.sources)
    ]
    others = (unit for unit in _units(flow.spec) if unit not in flow.sources)
    return (*code, *_found(others))


def ship_modules(spec: "FlowSpec") -> tuple[ShippedModule, ...]:
    """The code of a flow that is only data, as far as this process has it.

    Code that is not here may still be known to the runtime, and if not, its check says so by node.

    Raises:
        CannotShip: A function of a cell is here and cannot be sent.
    """
    return tuple(_found(_units(spec)))


def _units(spec: "FlowSpec") -> list[str]:
    from ..flow.signature import code_unit

    return sorted({unit for unit in map(code_unit, _blocks(spec)) if unit})


def _found(units: Iterable[str]) -> Iterator[ShippedModule]:
    from ..flow.signature import CELL

    for unit in units:
        found = _of_kernel(unit) if unit.startswith(f"{CELL}:") else _import(unit)
        if found is not None:
            yield found


def _of_kernel(name: str) -> ShippedModule | None:
    """A block that a cell of this kernel has defined."""
    from ..blocks.cell_source import CellSource, find_cell

    block = find_cell(name)
    if block is None:
        return None
    text, signature = CellSource((block,)).pinned(block.signature)
    return _shipped(name, text, (signature,))


def _import(name: str) -> ShippedModule | None:
    try:
        module = importlib.import_module(name)
        source = inspect.getsource(module)
    except (ImportError, OSError, TypeError):
        return None
    return _shipped(name, source, tuple(block.signature for block in _defined_in(module)))


def _shipped(unit: str, source: str, signatures: "tuple[Signature, ...]") -> ShippedModule:
    from .environment import environment_of

    return ShippedModule(
        module=unit, source=source, signatures=signatures, environment=environment_of(source)
    )


def _defined_in(module: ModuleType) -> Iterable["AnyBlock"]:
    from ..blocks.registry import blocks_of

    return blocks_of(module)


def _blocks(spec: "FlowSpec") -> Iterable[str]:
    yield from (node.block for node in spec.nodes)
    for inner in spec.flows.values():
        yield from _blocks(inner)
