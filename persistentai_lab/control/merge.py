"""`pai.merge`: branches come together."""

from typing import Any, Literal, TypeVar, overload

from ..blocks import Block
from ..blocks.control.first import first
from ..blocks.control.race import race
from ..blocks.lists.of import of
from ..errors import TraceError

T = TypeVar("T")

_BLOCKS: dict[str, Block[..., Any]] = {"first": first, "all": of, "race": race}
_MOST = 8


@overload
def merge(*values: T | None, how: Literal["first", "race"] = ...) -> T: ...
@overload
def merge(*values: T, how: Literal["all"]) -> list[T]: ...
def merge(*values: Any, how: Literal["first", "all", "race"] = "first") -> Any:
    """Make one value of several branches.

    Args:
        *values: Up to eight, in their order.
        how: `first`: the first that is not null, in the order given, whoever comes first (a branch
            of `pai.when` that did not run gives null). `all`: a list of all. `race`: whichever is
            there first; which one it was is recorded, and what only made the others is stopped.
            Who fails is out of it; it fails once all have. `first` and `all` fail with any.
    """
    __tracebackhide__ = True
    if not 1 <= len(values) <= _MOST:
        raise TraceError(
            f"{len(values)} values can't be merged at once.",
            remedy=f"Give 1 to {_MOST}; merge the merged ones.",
        )
    return _BLOCKS[how](*values)
