"""Globals that are constants, written out in a shipment, with the names that they refer to."""

import builtins
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from ..errors import Problem
from . import refusals, refused_values
from .constants import ConstantWriter, TooLong, Unwritable
from .imports import import_of
from .pieces import Piece
from .shipping import Shipping


class Written:
    """Writes the constants of one shipment."""

    def __init__(self, ship: Shipping) -> None:
        self._ship = ship

    def text(self, name: str, value: Any, piece: Piece) -> str | None:
        """A constant as an expression; what it refers to comes along. None when that is refused."""
        writer = ConstantWriter(lambda thing: self._refer(thing, piece), self._module)
        try:
            return writer.write(value)
        except (TooLong, RecursionError):
            self._ship.refuse(refused_values.too_long(self._ship.who, name, value))
        except Unwritable as error:
            self._ship.refuse(self._why(f"{name}{error.place}", error.value))
        return None

    def _why(self, what: str, value: Any) -> Problem:
        who = self._ship.who
        if isinstance(value, FunctionType) and value.__name__ == "<lambda>":
            return refusals.nameless(who, what)
        if isinstance(value, FunctionType | BuiltinFunctionType):
            return refusals.no_source(who, what)
        if isinstance(value, type):
            return refusals.class_not_found(who, value)
        if isinstance(value, ModuleType):
            return refusals.not_importable(who, what, value.__name__)
        return refused_values.value_problem(who, what, value)

    def _refer(self, thing: Any, piece: Piece) -> str | None:
        """The name under which a constant finds a class, a function or a module."""
        plain = str(getattr(thing, "__name__", ""))
        if getattr(builtins, plain, None) is thing:
            return plain
        if (name := self._name_of(thing, plain)) is not None:
            before = len(self._ship.problems)
            self._ship.need(name, piece, is_late=False)
            return name if len(self._ship.problems) == before else None
        root = str(getattr(thing, "__qualname__", plain)).partition(".")[0]
        typed = import_of(thing, f"_{root}")
        if typed is None:
            return None
        self._ship.import_as(typed)
        return f"_{root}"

    def _name_of(self, thing: Any, plain: str) -> str | None:
        """A global that is this very thing; its own name before any other."""
        known = self._ship.namespace
        return next(
            (it for it in (plain, *known) if known.get(it) is thing and not it.startswith("_")),
            None,
        )

    def _module(self, name: str) -> str:
        alias = f"_{name}"
        self._ship.import_as(f"import {name} as {alias}")
        return alias
