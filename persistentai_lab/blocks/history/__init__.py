"""History: what runs did, with what, at which cost."""

from .cost import cost
from .lineage import lineage
from .runs import runs
from .steps import steps
from .used_file import used_file
from .value_of import value_of

__all__ = ["cost", "lineage", "runs", "steps", "used_file", "value_of"]
