"""Columns of values on their way to `unnest`: arrays in Postgres's binary form, without detours.

psycopg finds out anew for each list what is in it; with some thirty lists a commit that took two
fifths of a worker's time. These know what they hold. The form: number of dimensions, whether there
are nulls, type of the items; length and lower bound; then each item after its size (-1: null).
Source: `array_recv` in PostgreSQL's `src/backend/utils/adt/arrayfuncs.c`.
"""

from struct import Struct

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER = Struct("!iiIii").pack
_SIZE = Struct("!i").pack
_INT = Struct("!ii").pack
_BIG = Struct("!iq").pack
_NULL = _SIZE(-1)
_TEXT, _TEXTS = 25, 1009
_INT4, _INTS = 23, 1007
_INT8, _BIGS = 20, 1016


class Texts(list[str | None]):
    """A `text[]`."""


class Ints(list[int | None]):
    """An `int[]`."""


class Bigs(list[int | None]):
    """A `bigint[]`; a plain list is of the smallest type that holds it, and planned anew for it."""


class _TextsDumper(Dumper):
    format = Format.BINARY
    oid = _TEXTS

    def dump(self, obj: Texts) -> bytes:
        known: dict[str | None, bytes] = {None: _NULL}  # many columns say the same in every row
        parts = [_HEADER(1, 1, _TEXT, len(obj), 1)]
        for item in obj:
            part = known.get(item)
            if part is None:
                data = item.encode()  # type: ignore[union-attr]  # None is known
                part = known[item] = _SIZE(len(data)) + data
            parts.append(part)
        return b"".join(parts)


class _IntsDumper(Dumper):
    format = Format.BINARY
    oid = _INTS

    def dump(self, obj: Ints) -> bytes:
        parts = [_HEADER(1, 1, _INT4, len(obj), 1)]
        parts += [_NULL if item is None else _INT(4, item) for item in obj]
        return b"".join(parts)


class _BigsDumper(Dumper):
    format = Format.BINARY
    oid = _BIGS

    def dump(self, obj: Bigs) -> bytes:
        parts = [_HEADER(1, 1, _INT8, len(obj), 1)]
        parts += [_NULL if item is None else _BIG(8, item) for item in obj]
        return b"".join(parts)


psycopg.adapters.register_dumper(Texts, _TextsDumper)
psycopg.adapters.register_dumper(Ints, _IntsDumper)
psycopg.adapters.register_dumper(Bigs, _BigsDumper)
