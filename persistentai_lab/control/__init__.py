"""`pai.each`, `pai.when` and the rest: control flow, called in a `@pai.flow` like a block.

Each places one control node; the functions that it is given become flows inside. Called outside a
flow it simply does what it says, in Python.
"""

from .attempt import attempt
from .branches import switch, when
from .each import each
from .loops import reduce, repeat
from .merge import merge
from .start import start

__all__ = ["attempt", "each", "merge", "reduce", "repeat", "start", "switch", "when"]
