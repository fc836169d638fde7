"""`pai.each`: a flow for each item of a list."""

from collections.abc import Callable
from typing import Any, Concatenate, Literal, TypeVar, overload

from ..blocks.control.each import each as block
from ..flow.control.failure import Failure
from ..flow.control.outside import item_type
from ..flow.trace import current
from ..flow.values import Table
from .control import Control
from .failures import told

T = TypeVar("T")
U = TypeVar("U")


class Each(Control):
    """`pai.each(items, f)`: run `f` for each item, several at once; results keep their order."""

    block = block

    @overload
    def __call__(
        self,
        items: list[T] | Table,
        f: Callable[[T], U] | Callable[Concatenate[T, ...], U],
        /,
        *,
        at_once: int = ...,
        on_error: Literal["keep"],
        **shared: Any,
    ) -> list[U | Failure]: ...
    @overload
    def __call__(
        self,
        items: list[T] | Table,
        f: Callable[[T], U] | Callable[Concatenate[T, ...], U],
        /,
        *,
        at_once: int = ...,
        on_error: Literal["fail", "skip"] = ...,
        **shared: Any,
    ) -> list[U]: ...
    @overload
    def __call__(
        self,
        items: Any,
        f: Callable[..., U],
        /,
        *,
        rows: int,
        at_once: int = ...,
        on_error: Literal["fail", "skip", "keep"] = ...,
        **shared: Any,
    ) -> list[U]: ...
    def __call__(self, items: Any, f: Callable[Concatenate[T, ...], U], /, **given: Any) -> Any:
        """Run `f` for each item.

        Args:
            items: A list, or a table for its rows.
            f: A flow, a block, or a function that calls some; its first input gets the item.
            **given: `at_once`, `on_error` and `rows`, how many `f` gets at a time (see the block
                `control.each`); the rest goes to `f` by name, the same for all items.
        """
        __tracebackhide__ = True
        own: dict[str, object] = {
            name: given.pop(name) for name in ("at_once", "on_error", "rows") if name in given
        }
        recorder = current()
        if recorder is None:
            batches = in_batches(items, own.get("rows"))
            return _in_python(batches, f, str(own.get("on_error", "fail")), given)
        kind = item_type(recorder.type_of(items), own.get("rows"))  # type: ignore[arg-type]
        body = self._body(recorder, "body", f, [("item", kind)], given)
        item = self._name("item", body, 0)
        values: dict[str, object] = {"items": items, "item": item, **own}
        shared = [body.given((), (item,)), given]
        return self._place(recorder, {"body": body}, values, shared)


def in_batches(items: Any, rows: object) -> Any:
    """The items outside of a run: of a table its rows, or so many at a time."""
    is_table = hasattr(items, "columns")
    if rows is None:
        return items.to_dict("records") if is_table else items
    size = int(str(rows))
    starts = range(0, len(items), size)
    if is_table:
        return [items.iloc[start : start + size] for start in starts]
    return [items[start : start + size] for start in starts]


def _in_python(
    items: list[T], f: Callable[..., U], on_error: str, shared: dict[str, Any]
) -> list[U | Failure]:
    found: list[U | Failure] = []
    for index, item in enumerate(items):
        try:
            found.append(f(item, **shared))
        except Exception as error:
            if on_error == "fail":
                raise
            if on_error == "keep":
                found.append(told(error, f"each/{index}"))
    return found


each = Each()
