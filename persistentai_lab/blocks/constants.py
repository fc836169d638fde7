"""Values of Python, written as the expression that makes them again."""

import datetime
import decimal
import enum
import fractions
import functools
import logging
import math
import pathlib
import re
import sys
import types
import typing
import uuid
import zoneinfo
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

LIMIT = 64 * 1024
"""Characters of one constant. What is larger is data, and should be an input."""
SMALL = 100
"""Numbers of an array that is still a constant."""
_HEX_FROM = 10**4000
"""Python refuses to write longer integers in decimal."""


class Unwritable(Exception):
    """A value that has no text. `value` is the culprit, `place` where it is: `['db']`."""

    def __init__(self, value: object, place: str) -> None:
        self.value, self.place = value, place
        super().__init__(place)


class TooLong(Exception):
    """The text of a value is longer than `LIMIT`."""


class ConstantWriter:
    """Writes values.

    Args:
        refer: Gives the name of a class, function or module in the text that is being written, or
            None if it can't be had there.
        module: Gives the name of a module of the standard library, or one that is installed.
    """

    def __init__(self, refer: Callable[[Any], str | None], module: Callable[[str], str]) -> None:
        self._refer = refer
        self._module = module
        self._left = LIMIT
        self._place: list[str] = []
        self._inside: set[int] = set()

    def write(self, value: object) -> str:
        """The expression.

        Raises:
            Unwritable: There is none.
            TooLong: It is too long.
        """
        self._left = LIMIT
        self._place.clear()
        self._inside.clear()
        return self._write(value)

    def _write(self, value: Any) -> str:
        text = self._text(value)
        if text is None:
            raise Unwritable(value, "".join(self._place))
        return text

    def _spend(self, text: str) -> str:
        self._left -= len(text) + 2
        if self._left < 0:
            raise TooLong
        return text

    def _text(self, value: Any) -> str | None:
        kind = type(value)
        if kind in _PLAIN:
            if isinstance(value, str | bytes) and len(value) > self._left:
                raise TooLong
            text = _plain(value, self._module)
            return None if text is None else self._spend(text)
        if kind in _CONTAINERS or isinstance(value, tuple) or _is_record(value):
            if id(value) in self._inside:
                return None  # it contains itself
            self._inside.add(id(value))
            try:
                return self._container(value)
            finally:
                self._inside.discard(id(value))
        return self._known(value)

    def _container(self, value: Any) -> str | None:
        kind = type(value)
        if kind in (list, tuple, set, frozenset):
            return self._sequence(value)
        if kind is dict:
            return self._dict(value)
        if kind is defaultdict:
            factory = self._write(value.default_factory)
            return f"{self._module('collections')}.defaultdict({factory}, {self._dict(value)})"
        if kind in (Counter, OrderedDict):
            return f"{self._module('collections')}.{kind.__name__}({self._dict(value)})"
        if kind is deque:
            size = "" if value.maxlen is None else f", maxlen={value.maxlen}"
            return f"{self._module('collections')}.deque({self._sequence(list(value))}{size})"
        return self._record(value)

    def _sequence(self, value: Any) -> str:
        items = []
        for number, item in enumerate(value):
            with self._at("" if isinstance(value, set | frozenset) else f"[{number}]"):
                items.append(self._write(item))
        if isinstance(value, set | frozenset):
            items.sort()
        inner = ", ".join(items)
        match value:
            case list():
                return f"[{inner}]"
            case tuple():
                return f"({inner},)" if len(items) == 1 else f"({inner})"
            case set():
                return f"{{{inner}}}" if items else "set()"
        return f"frozenset({{{inner}}})" if items else "frozenset()"

    def _dict(self, value: Mapping[Any, Any]) -> str:
        items = []
        for key, item in value.items():
            with self._at(f"[{key!r}]" if type(key) in _PLAIN else ""):
                items.append(f"{self._write(key)}: {self._write(item)}")
        return f"{{{', '.join(items)}}}"

    def _record(self, value: Any) -> str | None:
        """A NamedTuple, dataclass or Pydantic model, if its fields are all that it is made of."""
        made = self._refer(type(value))
        given = None if made is None else _fields_of(value)
        if given is None:
            return None
        items = []
        for name, item in given.items():
            with self._at(f".{name}"):
                items.append(f"{name}={self._write(item)}")
        return f"{made}({', '.join(items)})" if _is_made_of(value, given) else None

    def _known(self, value: Any) -> str | None:
        if isinstance(value, enum.Enum):
            owner = self._refer(type(value))
            return None if owner is None else f"{owner}({self._write(value.value)})"
        if isinstance(value, pathlib.PurePath):
            kind = "Path" if isinstance(value, pathlib.Path) else type(value).__name__
            return f"{self._module('pathlib')}.{kind}({self._spend(repr(str(value)))})"
        if value is type(None):
            return "type(None)"
        if type(value) is functools.partial:
            return self._partial(value)
        if type(value) is logging.Logger:
            return f"{self._module('logging')}.getLogger({value.name!r})"
        if isinstance(value, types.GenericAlias | types.UnionType) or _is_typing(value):
            return self._typing(value)
        if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
            return self._refer(value)
        numbers = _numbers(value)
        if numbers is not None:
            return f"{self._module('numpy')}.array({self._write(numbers)}, {value.dtype.str!r})"
        foreign = _foreign(value)
        if foreign is not None:
            module, text = foreign
            return f"{self._module(module)}.{self._spend(text)}"
        return self._refer(value) if isinstance(value, types.ModuleType) else None

    def _partial(self, value: functools.partial[Any]) -> str:
        given = [self._write(value.func), *map(self._write, value.args)]
        given += [f"{name}={self._write(item)}" for name, item in value.keywords.items()]
        return f"{self._module('functools')}.partial({', '.join(given)})"

    def _typing(self, value: Any) -> str | None:
        origin, args = typing.get_origin(value), typing.get_args(value)
        module = self._module("typing")
        if origin is None:
            name = getattr(value, "__name__", None) or getattr(value, "_name", None)
            return f"{module}.{name}" if name and getattr(typing, name, None) is value else None
        if origin in (typing.Union, types.UnionType):
            head: str | None = f"{module}.Union"
        elif origin is typing.Literal:
            return f"{module}.Literal[{', '.join(map(self._write, args))}]"
        elif origin is typing.Annotated:
            inner = ", ".join(map(self._write, (args[0], *value.__metadata__)))
            return f"{module}.Annotated[{inner}]"
        else:
            head = self._refer(origin)
        written = [
            f"[{', '.join(map(self._write, arg))}]" if isinstance(arg, list) else self._write(arg)
            for arg in args
        ]
        return None if head is None else f"{head}[{', '.join(written) or '()'}]"

    @contextmanager
    def _at(self, step: str) -> Iterator[None]:
        self._place.append(step)
        yield
        self._place.pop()  # left as it is when something is wrong: that is the place


_PLAIN: frozenset[type] = frozenset(
    {
        type(None), bool, int, float, complex, str, bytes, bytearray, type(...), range,
        decimal.Decimal, fractions.Fraction, uuid.UUID, re.Pattern, type(NotImplemented),
        datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone,
        zoneinfo.ZoneInfo,
    }
)  # fmt: skip
_CONTAINERS: frozenset[type] = frozenset(
    {list, tuple, set, frozenset, dict, defaultdict, Counter, OrderedDict, deque}
)


def _plain(value: Any, module: Callable[[str], str]) -> str | None:
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _HEX_FROM:
        return hex(value)
    if isinstance(value, complex):  # its repr is a sum, which loses the sign of a zero
        return f"complex({_plain(value.real, module)}, {_plain(value.imag, module)})"
    if isinstance(value, decimal.Decimal | fractions.Fraction | uuid.UUID):
        kind = type(value)
        return f"{module(kind.__module__)}.{kind.__name__}({str(value)!r})"
    if isinstance(value, re.Pattern):
        flags = value.flags & ~(re.UNICODE if isinstance(value.pattern, str) else 0)
        return f"{module('re')}.compile({value.pattern!r}, {int(flags)})"
    if isinstance(value, zoneinfo.ZoneInfo):
        return f"{module('zoneinfo')}.ZoneInfo({value.key!r})"
    if type(value).__module__ == "datetime":
        text = repr(value)
        zone = getattr(value, "tzinfo", None)
        if isinstance(zone, zoneinfo.ZoneInfo):
            text = text.replace(repr(zone), f"{module('zoneinfo')}.ZoneInfo({zone.key!r})")
        elif zone is not None and type(zone) is not datetime.timezone:
            return None
        return re.sub(r"\bdatetime\.(?=[a-z]+\(|timezone\b)", f"{module('datetime')}.", text)
    return repr(value)


def _is_record(value: object) -> bool:
    return not isinstance(value, type) and (
        is_dataclass(value) or hasattr(type(value), "__pydantic_fields__")
    )


def _fields_of(value: Any) -> dict[str, Any] | None:
    """What a record is made from."""
    names: Iterable[str]
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None) or ()
    elif is_dataclass(value):
        names = [it.name for it in fields(value) if it.init]
    else:
        names = [it for it in type(value).__pydantic_fields__ if it in value.model_fields_set]
    try:
        return {name: getattr(value, name) for name in names}
    except AttributeError:
        return None


def _is_made_of(value: Any, given: Mapping[str, Any]) -> bool:
    try:
        return bool(type(value)(**given) == value)
    except Exception:  # noqa: BLE001 - a constructor of a person's may raise anything
        return False


def _is_typing(value: object) -> bool:
    return type(value).__module__ in ("typing", "typing_extensions")


def _foreign(value: Any) -> tuple[str, str] | None:
    """Scalars of numpy and pandas, which columns give when one looks at a single value."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(value, numpy.generic | numpy.dtype):
        if isinstance(value, numpy.dtype):
            return ("numpy", f"dtype({value.str!r})") if value.names is None else None
        text = repr(str(value)) if isinstance(value, numpy.datetime64) else _item(value)
        return None if text is None else ("numpy", f"{type(value).__name__}({text})")
    if pandas is not None and isinstance(value, pandas.Timestamp | pandas.Timedelta):
        return "pandas", f"{type(value).__name__}({str(value)!r})"
    return None


def _numbers(value: Any) -> list[Any] | None:
    """The numbers of a small array, such as weights."""
    numpy = sys.modules.get("numpy")
    is_array = numpy is not None and type(value) is numpy.ndarray
    is_small = is_array and value.dtype.kind in "biuf" and 0 < value.size <= SMALL and value.ndim
    return value.tolist() if is_small and value.dtype.itemsize <= 8 else None


def _item(value: Any) -> str | None:
    item = value.item()
    if isinstance(item, float) and not math.isfinite(item):
        return f'"{item}"'
    if isinstance(item, complex):
        return f'complex(float("{item.real}"), float("{item.imag}"))'
    return repr(item) if type(item) in (bool, int, float, str, bytes) else None
