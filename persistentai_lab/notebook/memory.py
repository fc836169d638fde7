"""`pai.memory`: the Memory Tree of the notebook's runtime, in a cell."""

from functools import cache
from html import escape
from typing import Any

from ..client.memory import Memory
from ..errors import LabError
from ..ids import Json
from ..widgets.mime import MEMORY, memory_json
from .runtime import runtime

TITLES = {
    "feed": "Feeds", "files": "Files", "records": "Records", "history": "History",
    "knowledge": "Knowledge",
}  # fmt: skip


class NotebookMemory:
    """Stands for the memory of the runtime that the environment names at this moment."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        _taught()
        return getattr(runtime().memory, name)

    def __dir__(self) -> list[str]:
        return [name for name in dir(Memory) if not name.startswith("_")]

    def __repr__(self) -> str:
        return f"<the Memory Tree of {runtime().address.http}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Lab draws the tree itself, others the widget; who only reads sees how much there was."""
        from .display import has_comm

        words: dict[str, Any] = {"text/plain": repr(self), "text/html": _counts()}
        words[MEMORY] = memory_json()
        if not has_comm():
            return words
        try:
            widget = _widget()
        except ImportError:  # a kernel without ipywidgets
            return words
        bundle, _ = widget._repr_mimebundle_() or ({}, {})
        return {**bundle, **words}


@cache
def _taught() -> None:
    """Have cells show what memory tells as tables; once a process, and only when it is asked."""
    from .remembered import teach_ipython

    teach_ipython()


def _widget() -> Any:
    from ..widgets.memory import MemoryWidget
    from .display import Carrier

    return MemoryWidget(gateway=Carrier(runtime))


def _counts() -> str:
    """How much was in each layer when the cell was run."""
    try:
        answer = runtime().forward("GET", "/memory/browse", None)
        layers: list[dict[str, Json]] = answer.json()["layers"]
    except (LabError, KeyError, ValueError):
        return "<p>The Memory Tree. The runtime did not answer when this cell was run.</p>"
    rows = "".join(
        f"<tr><th>{escape(TITLES.get(str(each['layer']), str(each['layer'])))}</th>"
        f"<td>{int(each['count']):,}</td></tr>"  # type: ignore[arg-type]
        for each in layers
    )
    return f"<table>{rows}</table>"


memory: Memory = NotebookMemory()  # type: ignore[assignment]
