"""Every query and command there is, by its name: how they are read from a wire."""

from collections.abc import Mapping
from typing import TypeVar

from ..errors import MemoryRefused
from ..ids import Json
from .feed import asks as feed
from .files import asks as files
from .history import asks as history
from .knowledge import asks as knowledge
from .layer import Command, Query
from .records import asks as records

T = TypeVar("T", Command, Query)

_LAYERS = (feed, files, records, history, knowledge)
QUERIES: dict[str, type[Query]] = {kind.op: kind for layer in _LAYERS for kind in layer.QUERIES}
COMMANDS: dict[str, type[Command]] = {kind.op: kind for layer in _LAYERS for kind in layer.COMMANDS}


def read_query(op: str, said: Mapping[str, Json]) -> Query:
    """A query, from how it is said. Raises `MemoryRefused`."""
    return _read(QUERIES, op, said)


def read_command(op: str, said: Mapping[str, Json]) -> Command:
    """A command, from how it is said. Raises `MemoryRefused`."""
    return _read(COMMANDS, op, said)


def _read(known: Mapping[str, type[T]], op: str, said: Mapping[str, Json]) -> T:
    kind = known.get(op)
    if kind is None:
        raise MemoryRefused(f"Memory knows no {op!r}.", remedy=f"It knows {', '.join(known)}.")
    return kind.model_validate(said)
