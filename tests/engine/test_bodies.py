"""Bodies run where they belong, and nothing they do reaches further than their own step."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from persistentai_lab.blocks import registry
from persistentai_lab.blocks.block import Block, block
from persistentai_lab.engine.bodies.body import Bodies, Done, Work
from persistentai_lab.engine.bodies.code import Code
from persistentai_lab.engine.bodies.context import Errand, Say
from persistentai_lab.errors import BodyTimedOut, NodeError
from persistentai_lab.memory.layer import Answer, Query
from tests.runtime import until

release = threading.Event()


@block(name="test.stop_iteration")
def stop_iteration() -> int:
    """As `next()` of nothing does."""
    return next(iter([]))


@block(name="test.leave")
def leave() -> None:
    """Exit."""
    raise SystemExit(1)


@block(name="test.cancel")
async def cancel() -> None:
    """Raise what only the engine should."""
    raise asyncio.CancelledError


@block(name="test.spoil_cancel")
async def spoil_cancel() -> None:
    """Turn being cancelled into something else."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        raise ValueError("not now") from None


@block(name="test.hang")
def hang() -> None:
    """Hold a thread."""
    release.wait()


@block(name="test.one")
def one() -> int:
    """Return at once."""
    return 1


OURS: tuple[Block, ...] = (stop_iteration, leave, cancel, spoil_cancel, hang, one)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a package that is installed beside ours."""
    release.clear()
    known = {**registry.builtin_registry(), **{found.name: found for found in OURS}}
    monkeypatch.setattr(registry, "builtin_registry", lambda: known)
    yield
    release.set()


async def nothing(query: Query) -> Answer:
    return Answer()


async def run(
    bodies: Bodies, name: str, timeout_s: float | None = 30.0, source: str | None = None
) -> Done:
    say = Say(lambda _level, _message: None, lambda _done, _total: None)
    work = Work(name, 1, False, timeout_s, Errand("r", "s0", 1, 1))
    code = None if source is None else Code(source, is_trusted=True)
    return await bodies.run(work, {}, code=code, say=say, ask=nothing)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("test.stop_iteration", "StopIteration"),
        ("test.leave", "SystemExit"),
        ("test.cancel", "CancelledError"),
    ],
)
def test_whatever_a_body_raises_fails_its_node_only(name: str, said: str) -> None:
    with pytest.raises(NodeError, match=said) as caught:
        asyncio.run(run(Bodies(), name))

    assert (caught.value.code, caught.value.retryable) == ("raised", True)


def test_a_body_that_spoils_its_cancelling_is_cancelled_all_the_same() -> None:
    async def main() -> bool:
        running = asyncio.create_task(run(Bodies(), "test.spoil_cancel"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        return running.cancelled()

    assert asyncio.run(main())
    with pytest.raises(BodyTimedOut):
        asyncio.run(run(Bodies(), "test.spoil_cancel", 0.01))


def test_bodies_that_hang_take_no_place_from_others() -> None:
    async def main() -> Done:
        bodies = Bodies(threads=2)
        for _ in range(4):
            with pytest.raises(BodyTimedOut):
                await run(bodies, "test.hang", 0.01)
        done = await run(bodies, "test.one")
        release.set()
        return done

    assert asyncio.run(main()).outputs["result"].data == b"1"


SLOW_MODULE = """
import time
from pathlib import Path
from persistentai_lab.blocks import block

@block
def body() -> int:
    while not Path({gate!r}).exists():
        time.sleep(0.01)
    return 1
"""


HANGING_MODULE = """
import os, time
from pathlib import Path
from persistentai_lab.blocks import block

@block
def body() -> None:
    Path({note!r}).write_text(str(os.getpid()))
    time.sleep(600)
"""


def test_the_time_of_a_body_begins_when_it_does(tmp_path: Path) -> None:
    """Not while it waits for a place, nor while its process starts."""
    gate = tmp_path / "gate"
    slow = SLOW_MODULE.format(gate=str(gate))

    async def main() -> list[Done]:
        bodies = Bodies(processes=1)
        first = asyncio.create_task(run(bodies, "slow:body", None, slow))
        second = asyncio.create_task(run(bodies, "slow:body", 3.0, slow))
        await asyncio.wait([first, second], timeout=3.2)
        gate.touch()
        try:
            return await asyncio.gather(first, second)
        finally:
            bodies.close()

    assert len(asyncio.run(main())) == 2


def test_a_cancelled_body_in_a_child_ends_with_its_process(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    source = HANGING_MODULE.format(note=str(note))

    async def main() -> None:
        bodies = Bodies()
        running = asyncio.create_task(run(bodies, "hangs:body", None, source))
        await asyncio.to_thread(until, lambda: note.exists() and note.read_text(), "it runs")
        pid = note.read_text()
        running.cancel()
        await asyncio.to_thread(until, lambda: not Path(f"/proc/{pid}").exists(), "it is gone")
        bodies.close()

    asyncio.run(main())
