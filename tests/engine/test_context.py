"""What a body is lent, in the worker and in its children alike."""

import asyncio
from collections.abc import Callable

import pytest

from persistentai_lab.blocks.context import Context
from persistentai_lab.engine.bodies.context import BufferedMemory, Errand, LentContext, Say
from persistentai_lab.errors import NodeError
from persistentai_lab.ids import Json
from persistentai_lab.memory.layer import Answer, Query


async def nothing(query: Query) -> Answer:
    return Answer()


@pytest.fixture
def lend() -> Callable[[Errand], Context]:
    say = Say(lambda _text, _level: None, lambda _done, _total: None)

    def lend(errand: Errand) -> Context:
        return LentContext(errand, say, BufferedMemory(nothing))

    return lend


def test_random_numbers_go_on_within_a_body_and_begin_anew_with_each_attempt(
    lend: Callable[[Errand], Context],
) -> None:
    first, second, elsewhere = (
        [ctx.random.random() for _ in range(3)]
        for ctx in (
            lend(Errand("r-1", "s0", attempt=1, group=1)),
            lend(Errand("r-1", "s0", attempt=2, group=1)),
            lend(Errand("r-1", "s1", attempt=1, group=1)),
        )
    )

    assert len(set(first)) == 3
    assert first == second
    assert not set(first) & set(elsewhere)


def test_a_record_is_as_it_was_when_it_was_written(lend: Callable[[Errand], Context]) -> None:
    memory = lend(Errand("r-1", "s0", attempt=1, group=1)).memory.records
    mine: list[Json] = [1]
    memory.put("k", mine)
    memory.append("k", {"item": mine})
    mine.append(object())  # type: ignore[arg-type]  # what a body does to its own is its own affair

    async def look() -> Json:
        found = await memory.get("k")
        assert isinstance(found, list)
        found.clear()
        return await memory.get("k")

    assert asyncio.run(look()) == [1, {"item": [1]}]


@pytest.mark.parametrize("odd", [float("nan"), {1}, "\0", "\ud800", "x" * 9_000_000])
def test_what_a_record_cannot_hold_is_refused_when_it_is_written(
    lend: Callable[[Errand], Context], odd: Json
) -> None:
    memory = lend(Errand("r-1", "s0", attempt=1, group=1)).memory.records

    with pytest.raises(NodeError) as caught:
        memory.append("k", odd)

    assert caught.value.remedy


def test_progress_that_is_no_number_is_not_told() -> None:
    told: list[tuple[float, float | None]] = []
    say = Say(lambda _text, _level: None, lambda *far: told.append(far))
    errand = Errand("r-1", "s0", attempt=1, group=1)
    ctx = LentContext(errand, say, BufferedMemory(nothing))

    for done, total in [(float("nan"), 2), (1, float("inf")), (1, 2)]:
        ctx.progress(done, total)

    assert told == [(1, None), (1, 2)], "an event that says NaN could not be read again"
