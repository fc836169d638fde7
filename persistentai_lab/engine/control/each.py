"""`control.each`: a flow for each item, several at once."""

import json
from collections.abc import Iterator
from functools import partial

from ...errors import NodeError
from ..records.values import Value
from ..scope import Scope, Slot
from ..steps.stopping import Why
from .items import Items, items_of
from .step import RESULT, ControlStep, InsideFailed, Outputs, Unfinished
from .together import Work

ITEMS_MAX = 10_000
"""So many items may one list or table have."""
AT_ONCE_MAX = 1_000


async def each(step: ControlStep) -> Outputs:
    """Run the body for each item; results keep the items' order."""
    items = await items_of(step)
    step.make_room(items.count, ITEMS_MAX)
    work = _Items(step, items, str(await step.json("on_error")))
    await step.do_at_once(work.each(), await step.count("at_once", AT_ONCE_MAX))
    return {RESULT: await step.as_list(await work.results())}


async def list_at(step: ControlStep, port: str) -> list[Value]:
    """The items of the list at a port, each as a value."""
    found = await step.json(port)
    if not isinstance(found, list):
        raise NodeError(
            f"{port!r} is {type(found).__name__}, not a list.",
            remedy="Give a list; a table becomes one by `tables.to_rows`.",
        )
    return [Value.of_json(item) for item in found]


class _Items:
    """The items of one node, and what has come of each."""

    def __init__(self, step: ControlStep, items: Items, on_error: str) -> None:
        self._step = step
        self._items = items
        self._on_error = on_error
        self._into = step.literal("item")
        self._results: dict[int, Value] = {}
        self._failed: dict[int, InsideFailed] = {}
        self._open: dict[int, Scope] = {}
        self._is_stopping = False

    def each(self) -> Iterator[Work]:
        """The work on each item, in order, until no more is wanted."""
        for index in range(self._items.count):
            if self._is_stopping or self._step.is_stopped:
                return
            yield partial(self._work, index)

    async def _work(self, index: int, slot: Slot) -> None:
        step = self._step
        if self._is_stopping or step.is_stopped:
            return
        item = await self._items.at(index)
        scope = step.open("body", str(index), {self._into: item})
        scope.slot = slot
        self._open[index] = scope
        try:
            self._results[index] = await step.as_one(await step.run(scope))
        except Unfinished:
            if not scope.was_stopped:  # beside an item that has failed, and is yet to be come to
                self._is_stopping = True
        except InsideFailed as error:
            self._note(index, error)
        del self._open[index]
        step.progress(len(self._results) + len(self._failed), self._items.count)

    def _note(self, index: int, error: InsideFailed) -> None:
        self._failed[index] = error
        if self._on_error == "fail":
            self._is_stopping = True
            why = Why(error.node, "failed")
            for scope in self._open.values():
                self._step.record(scope.stop(why))

    async def results(self) -> list[Value]:
        """What came of all of them, in order. Raises `InsideFailed` or `Unfinished`."""
        if self._failed and self._on_error == "fail":
            raise self._failed[min(self._failed)]
        if len(self._results) + len(self._failed) < self._items.count:
            raise Unfinished
        if self._on_error == "keep":
            for index, error in self._failed.items():
                self._results[index] = await self._step.keep(json.dumps(error.failure))
        return [self._results[index] for index in sorted(self._results)]
