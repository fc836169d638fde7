"""Where the text of a cell's function comes from when its flow is run: from what is defined *then*.

Python looks a name up when it is used, and so do we: run a cell again with another body, and the
next run has it, without drawing the flow anew. A run under way keeps the text that it began with.
"""

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import CannotShip
from ..flow.signature import Signature
from . import refusals
from .cells import scope_of

if TYPE_CHECKING:
    from .block import Block


@dataclass(frozen=True, slots=True)
class CellSource:
    """The functions of cells that a flow places under one name. One, unless something is wrong."""

    blocks: "tuple[Block[Any, Any], ...]"

    def __or__(self, other: object) -> "CellSource":
        """Both; a flow may be drawn with parts that were drawn earlier."""
        if not isinstance(other, CellSource):
            return self
        return CellSource(tuple(dict.fromkeys((*self.blocks, *other.blocks))))

    def pinned(self, drawn: Signature) -> tuple[str, Signature]:
        """The text of now, and what it says of itself.

        Args:
            drawn: What the flow was drawn with.

        Raises:
            CannotShip: Something cannot be shipped, or no longer fits the drawing.
        """
        from .shipment import text_of

        newest = list(dict.fromkeys(map(_newest, self.blocks)))
        texts = {text_of(block) for block in newest}
        name = newest[0].func.__name__
        if len(texts) > 1:
            raise CannotShip([refusals.two_definitions(name)])
        signature = newest[-1].signature
        if _shape(signature) != _shape(drawn):
            raise CannotShip([refusals.redefined(name)])
        return texts.pop(), signature


def find_cell(name: str) -> "Block[Any, Any] | None":
    """The block of this name that a cell of this kernel has defined."""
    from .block import Block

    for value in vars(sys.modules["__main__"]).values():
        if isinstance(value, Block) and value.name == name:
            return value
    return None


def _newest(block: "Block[Any, Any]") -> "Block[Any, Any]":
    """What its name means now, if that is still a block of the same name."""
    if "<locals>" in block.func.__qualname__:
        return block
    scope = scope_of(block.func)
    for value in (scope.get(block.func.__name__), *scope.values()):
        if isinstance(value, type(block)) and value.name == block.name:
            return value
    return block


def _shape(signature: Signature) -> object:
    """What edges and literals of a drawn flow depend on."""
    inputs = [(it.name, it.type, it.required, it.default) for it in signature.inputs]
    outputs = [(it.name, it.type) for it in signature.outputs]
    return signature.version, inputs, outputs
