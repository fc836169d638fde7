"""PersistentAI Lab: flows of typed blocks, run durably, watched live inside Jupyter.

```python
import persistentai_lab as pai
from persistentai_lab.blocks import csv, text

@pai.flow
def report(path: str) -> str:
    return text.table(csv.read(path))

run = report.run(path="penguins.csv")
run.result()
```
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .version import VERSION

if TYPE_CHECKING:
    from .blocks import Block, Context, Example, block
    from .blocks.people import ask_human
    from .blocks.progress import progress
    from .blocks.waiting import gate, sleep, wait_for
    from .client import Client
    from .control import attempt, each, merge, reduce, repeat, start, switch, when
    from .errors import (
        FlowInvalid,
        LabError,
        NodeError,
        RunFailed,
        RunNotFound,
        RuntimeDown,
        StillRunning,
        TraceError,
    )
    from .flow.control.failure import Failure
    from .flow.model import Breaker, Budget, Rate, Retry
    from .notebook.flow import Flow, flow
    from .notebook.memory import memory
    from .notebook.run import Run
    from .notebook.runs import runs
    from .notebook.triggers import emit, schedule, webhook

__version__ = VERSION

__all__ = [
    "Block",
    "Breaker",
    "Budget",
    "Client",
    "Context",
    "Example",
    "Failure",
    "Flow",
    "FlowInvalid",
    "LabError",
    "NodeError",
    "Rate",
    "Retry",
    "Run",
    "RunFailed",
    "RunNotFound",
    "RuntimeDown",
    "StillRunning",
    "TraceError",
    "ask_human",
    "attempt",
    "block",
    "each",
    "emit",
    "flow",
    "gate",
    "memory",
    "merge",
    "progress",
    "reduce",
    "repeat",
    "runs",
    "schedule",
    "sleep",
    "start",
    "switch",
    "wait_for",
    "webhook",
    "when",
]

_HOMES = {
    "blocks": ("Block", "Context", "Example", "block"),
    "blocks.people": ("ask_human",),
    "blocks.progress": ("progress",),
    "blocks.waiting": ("gate", "sleep", "wait_for"),
    "client": ("Client",),
    "control": ("attempt", "each", "merge", "reduce", "repeat", "start", "switch", "when"),
    "errors": (
        "FlowInvalid",
        "LabError",
        "NodeError",
        "RunFailed",
        "RunNotFound",
        "RuntimeDown",
        "StillRunning",
        "TraceError",
    ),
    "flow.control.failure": ("Failure",),
    "flow.model": ("Breaker", "Budget", "Rate", "Retry"),
    "notebook.flow": ("Flow",),
    "notebook.memory": ("memory",),
    "notebook.run": ("Run",),
    "notebook.runs": ("runs",),
    "notebook.triggers": ("emit", "schedule", "webhook"),
}
"""Where each public name lives. Loaded when first asked for, so that `import` costs nothing."""


class _FlowPackage(ModuleType):
    """The package `persistentai_lab.flow`, which is the decorator `pai.flow`, too."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Draw the flow that a function describes; see `persistentai_lab.notebook.flow`."""
        __tracebackhide__ = True
        return import_module(".notebook.flow", __name__).flow(*args, **kwargs)


class _Package(ModuleType):
    """This package. Python sets a subpackage as an attribute here when it is first imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "flow" and isinstance(value, ModuleType):
            value.__class__ = _FlowPackage
        if name == "memory" and isinstance(value, ModuleType):
            return  # `pai.memory` is what a cell wants; the package is imported by its full name
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


if not TYPE_CHECKING:  # a type checker shall find a name above, or say that there is none

    def __getattr__(name: str) -> Any:
        if name == "flow":
            return import_module(".flow", __name__)
        for home, names in _HOMES.items():
            if name in names:
                value = getattr(import_module(f".{home}", __name__), name)
                globals()[name] = value
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    module = (name for name in globals() if name.startswith("__"))
    return sorted({*__all__, *module, "blocks"})
