"""What a body is lent holds whichever process it runs in."""

from collections.abc import Callable

import pytest

from persistentai_lab.blocks.context import Context
from persistentai_lab.engine.child import ChildContext, Reply
from persistentai_lab.engine.context import BufferedMemory, Errand, LentContext, Say
from persistentai_lab.ids import Json


async def nothing(key: str) -> Json:
    return None


def in_worker(errand: Errand) -> Context:
    say = Say(lambda _text, _level: None, lambda _done, _total: None)
    return LentContext(errand, say, BufferedMemory(errand.path, nothing))


def in_child(errand: Errand) -> Context:
    return ChildContext(errand, BufferedMemory(errand.path, nothing), Reply())


@pytest.mark.parametrize("lend", [in_worker, in_child])
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
