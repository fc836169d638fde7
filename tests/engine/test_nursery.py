"""What the worker's end of a nursery makes of processes that fail, and of words that are none."""

import asyncio
import math
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from persistentai_lab.engine.bodies.child import Reply
from persistentai_lab.engine.bodies.context import Errand, Say
from persistentai_lab.engine.bodies.conversation import Call, converse
from persistentai_lab.engine.bodies.died import ChildDied, NotBegun
from persistentai_lab.engine.bodies.kinds import Kind, Text
from persistentai_lab.engine.bodies.nursery_client import Nursery
from persistentai_lab.engine.bodies.wire import ChildWire, Header, Wire
from persistentai_lab.memory.layer import Answer, Query
from persistentai_lab.security.sandbox import Sandlock

KIND = Kind("python", (), Text("cell", "", "cell:f", network=False, path=()), walled_for="eve")
CALL = Call("cell:f", 1, {}, Errand("r", "s0", 1, 1), ())


async def nothing(query: Query) -> Answer:
    return Answer()


SILENT = Say(lambda _level, _line: None, lambda _done, _total: None)


@contextmanager
def room_for(files: int) -> Iterator[None]:
    """Let this process open so many files more, and no others."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    listed = os.listdir("/proc/self/fd")
    used = {int(fd) for fd in listed if os.path.lexists(f"/proc/self/fd/{fd}")}
    free = [fd for fd in range(max(used) + files + 2) if fd not in used]
    resource.setrlimit(resource.RLIMIT_NOFILE, (free[files], before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def said(*words: Header) -> tuple[Reply, list[tuple[object, ...]]]:
    """What becomes of a call whose fork says this."""
    heard: list[tuple[object, ...]] = []
    say = Say(lambda *line: heard.append(line), lambda *far: heard.append(far))
    ours, theirs = socket.socketpair()
    with theirs:
        wire = await Wire.over(ours)
        child = ChildWire(theirs)
        for word in words:
            child.send(word)
        reply, _ = await converse(wire, CALL, KIND, say, lambda: None, nothing)
        wire.close()
    return reply, heard


DONE = {"reply": {"outputs": [], "commands": []}, "imported": []}


def test_a_call_that_finds_no_room_for_its_files_leaves_nothing_behind() -> None:
    async def main() -> None:
        nursery = await Nursery.spawn(Kind.ours(), Sandlock())
        try:
            for files in range(4):
                before = len(os.listdir("/proc/self/fd"))
                with room_for(files), pytest.raises(NotBegun):
                    await nursery.perform(CALL, Kind.ours(), SILENT, lambda: None, nothing)
                assert len(os.listdir("/proc/self/fd")) == before
            assert not nursery.is_busy, "or it is ended soon, and its other forks with it"
            assert nursery.is_fit
        finally:
            nursery.end()

    asyncio.run(main())


def test_a_nursery_whose_answer_is_none_has_died() -> None:
    async def main() -> None:
        ended: list[bool] = []
        ours, theirs = socket.socketpair()
        with theirs:
            nursery = Nursery(await Wire.over(ours), lambda: ended.append(True))
            loading = asyncio.create_task(nursery.load(KIND))
            child = ChildWire(theirs)
            await asyncio.to_thread(child.receive)
            child.send({"failure": 7})
            with pytest.raises(ChildDied):
                await loading
        assert ended

    asyncio.run(main())


def test_whoever_waits_for_a_nursery_that_is_ended_hears_of_it() -> None:
    async def main() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            nursery = Nursery(await Wire.over(ours), lambda: None)
            loading = asyncio.create_task(nursery.load(KIND))
            await asyncio.to_thread(ChildWire(theirs).receive)
            nursery.end()
            with pytest.raises(ChildDied):
                await loading

    asyncio.run(main())


def test_progress_is_told_in_numbers_only() -> None:
    far = [math.nan, None], [math.inf, 3], [10**400, None], [1, math.nan], [1, 10**400], [1, 2]

    _, heard = asyncio.run(said(*({"progress": it} for it in far), DONE))

    assert heard == [(1.0, None), (1.0, 2.0)]


def test_a_line_is_told_at_a_length_that_can_be_kept() -> None:
    _, heard = asyncio.run(said({"log": ["x" * 100_000, "y" * 100_000]}, DONE))

    ((level, line),) = heard
    assert len(str(level)) <= 100
    assert len(str(line)) <= 10_001
