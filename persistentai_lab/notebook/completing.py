"""A property that completers may ask.

IPython evaluates no `property` while somebody types, because it might do anything; ours only read.
"""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

V = TypeVar("V")


class completing(Generic[V]):
    """Like `property`, and `run.steps["<Tab>` completes."""

    def __init__(self, get: Callable[[Any], V]) -> None:
        self._get = get
        self.__doc__ = get.__doc__

    @overload
    def __get__(self, thing: None, owner: type) -> Self: ...
    @overload
    def __get__(self, thing: object, owner: type) -> V: ...
    def __get__(self, thing: object | None, owner: type) -> Self | V:
        return self if thing is None else self._get(thing)
