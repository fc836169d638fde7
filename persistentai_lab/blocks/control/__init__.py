"""Control: flows run for each item, by a condition, again and again, or on their own."""

from .attempt import attempt
from .call import call
from .each import each
from .first import first
from .gate import gate
from .race import race
from .reduce import reduce
from .repeat import repeat
from .start import start
from .switch import switch
from .when import when

__all__ = [
    "attempt",
    "call",
    "each",
    "first",
    "gate",
    "race",
    "reduce",
    "repeat",
    "start",
    "switch",
    "when",
]
