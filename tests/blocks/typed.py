"""A kernel without its process: cells run one after the other in a namespace called `__main__`."""

import linecache
import sys
from itertools import count
from textwrap import dedent
from types import ModuleType
from typing import Any

from persistentai_lab.blocks.block import Block
from persistentai_lab.blocks.shipment import text_of
from persistentai_lab.blocks.source import load_source

_NUMBERS = count(1)
PAI = "import persistentai_lab as pai\n"


class Kernel:
    """`kernel.run("x = 1")` as typed in a cell."""

    def __init__(self, *cells: str) -> None:
        self.main = ModuleType("__main__")
        self.names: dict[str, Any] = vars(self.main)
        self.names["_ih"] = [""]
        for cell in cells:
            self.run(cell)

    def run(self, cell: str) -> None:
        """Run a cell as IPython does: its text goes into `linecache`, and into the history."""
        text = dedent(cell).strip("\n") + "\n"
        name = f"/nowhere/ipykernel_1/{next(_NUMBERS)}.py"
        linecache.cache[name] = len(text), None, text.splitlines(keepends=True), name
        self.names["_ih"].append(text)
        before = sys.modules["__main__"]
        sys.modules["__main__"] = self.main  # dataclasses and Pydantic look names up there
        try:
            exec(compile(text, name, "exec", dont_inherit=True), self.names)
        finally:
            sys.modules["__main__"] = before

    def __getitem__(self, name: str) -> Any:
        return self.names[name]

    def text(self, name: str) -> str:
        """What is shipped for a block."""
        return text_of(self[name])

    def shipped(self, name: str) -> Block[Any, Any]:
        """The block as a worker has it."""
        block = self[name]
        return load_source("cell", self.text(name))[block.name]
