"""A task that nobody waits for does not die unseen."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from persistentai_lab.uncaught import tell_of


async def fail() -> None:
    raise ValueError("no")


async def rest() -> None:
    await asyncio.Event().wait()


def ended(work: Coroutine[Any, Any, None], *, cancelled: bool = False) -> None:
    async def main() -> None:
        task = tell_of(asyncio.create_task(work, name="the keeper"))
        if cancelled:
            task.cancel()
        await asyncio.wait({task})

    asyncio.run(main())


def test_its_failure_is_logged_while_somebody_still_holds_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended(fail())

    (said,) = caplog.records
    assert said.getMessage() == "the keeper ended, and should not have"
    assert said.exc_info is not None
    assert str(said.exc_info[1]) == "no"


def test_that_it_was_stopped_is_nothing_to_tell(caplog: pytest.LogCaptureFixture) -> None:
    ended(rest(), cancelled=True)

    assert caplog.records == []
