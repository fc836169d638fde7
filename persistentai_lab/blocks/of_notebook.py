"""Which names are the notebook's own: they mean something only where a person sits before it."""

import builtins
import re
import sys
from collections.abc import Mapping
from typing import Any

NAMES = frozenset({"breakpoint", "display", "exit", "get_ipython", "input", "quit"})
_HISTORY = re.compile(r"_{1,3}|_i{1,3}|_i?\d+|In|Out|_[iod]h")
_LISTS = {"In": "_ih", "Out": "_oh"}
"""By these names IPython gives its lists; a person may give them to something else."""


def is_of_the_notebook(name: str, value: object, namespace: Mapping[str, Any]) -> bool:
    """Whether a global speaks with the person, or is what IPython remembers."""
    if "_ih" in namespace and _HISTORY.fullmatch(name):
        return name not in _LISTS or namespace.get(_LISTS[name]) is value
    if _is_display(value):
        return True
    return name in NAMES and (name not in namespace or type(value).__module__.startswith("IPython"))


def is_builtin_of_ipython(name: str, value: object) -> bool:
    """IPython has an `open` of its own in every notebook."""
    is_builtin = hasattr(builtins, name) and name not in NAMES
    return is_builtin and str(getattr(value, "__module__", "")).startswith("IPython.")


def _is_display(value: object) -> bool:
    """Whether it is IPython's own way to show something or to be asked."""
    module = getattr(value, "__module__", None) or ""
    return str(module).startswith(
        ("IPython.core.display_functions", "IPython.core.getipython")
    ) and (module in sys.modules)
