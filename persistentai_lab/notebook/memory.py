"""`pai.memory`: the Memory Tree of the notebook's runtime, in a cell."""

from typing import Any

from ..client.memory import Memory
from .runtime import runtime


class NotebookMemory:
    """Stands for the memory of the runtime that the environment names at this moment."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(runtime().memory, name)

    def __dir__(self) -> list[str]:
        return [name for name in dir(Memory) if not name.startswith("_")]

    def __repr__(self) -> str:
        return f"<the Memory Tree of {runtime().address.http}>"


memory: Memory = NotebookMemory()  # type: ignore[assignment]
