"""A commit in lakeFS, once, whatever is lost on the way.

lakeFS knows no keys and shares no transaction with us. So a commit is made ready on a branch of its
own and comes into being by one merge, which carries its key:

    branch `_step-<hash of the key>` → put, copy, remove → commit → merge → tag → branch gone

Whoever has the lock of the target does this alone. A step that is left over was not merged, or its
key would have been found: it begins anew. A merge whose answer is lost is looked for at the tip of
the target before it is tried again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import starmap

from ...errors import MemoryRefused, Unavailable, WriteConflict
from . import client
from .client import TRIES, Lake
from .names import key_tag, step_branch

KEY = "pai-key"
"""Of a commit's metadata."""
AT_ONCE = 8
"""Objects on their way."""
SCANNED = 200
"""Commits that are looked through for a key, when nobody knows where it began."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes that a path is to have."""

    data: bytes | memoryview
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Copy:
    """What a path is to have is in the repository already."""

    ref: str
    path: str
    notes: Mapping[str, str]


@dataclass(slots=True)
class Work:
    """What a commit is to do to its branch."""

    put: dict[str, Upload | Copy] = field(default_factory=dict)
    """By path."""
    gone: list[str] = field(default_factory=list)
    also: tuple[str, ...] = ()
    """Commits that are to count as merged."""


async def find(lake: Lake, target: str, key: str, since: str | None) -> str | None:
    """The commit of a key, if it was made.

    Args:
        lake: The repository.
        target: The branch that it would be on, as lakeFS calls it.
        key: Its key.
        since: The tip of the branch before it was first tried, if that is known.
    """
    if (found := await lake.call(lake.tagged, key_tag(key))) is not None:
        return found
    head = await lake.call(lake.head, target)
    if head is None or head == since:
        return None
    for commit in await lake.call(lake.log, head, amount=SCANNED):
        if commit.id == since:
            return None
        if commit.notes.get(KEY) == key:
            await finish(lake, key, commit.id)
            return commit.id
    return None


async def commit(
    lake: Lake, target: str, head: str, key: str, message: str, notes: Mapping[str, str], work: Work
) -> str:
    """Make a commit on top of `head`, the tip of the target. Returns its id.

    Raises:
        WriteConflict: Somebody who is none of us has changed the target meanwhile.
        Unavailable: lakeFS is away. With the same key, it may be tried again.
    """
    step, notes = step_branch(key), {**notes, KEY: key}
    await lake.call(lake.drop, step)
    await lake.call(lake.branch, step, head)
    for source in work.also:
        await _merge_in(lake, step, source)
    if work.also:
        await _put_right(lake, step, head, work)
    await _stage(lake, step, work)
    await lake.call(lake.commit, step, message, notes)
    made = await _bring_in(lake, step, target, key, message, notes)
    await finish(lake, key, made)
    return made


async def finish(lake: Lake, key: str, made: str) -> None:
    """Have a commit found by its key, and take away what it was made ready on."""
    await lake.call(lake.tag, key_tag(key), made)
    await lake.call(lake.drop, step_branch(key))


async def _merge_in(lake: Lake, step: str, source: str) -> None:
    """Have the step descend from another commit."""
    async for _ in _tries(lake):  # twice does no harm, for this branch is only ours
        with suppress(Unavailable):
            await lake.call(
                lake.merge, source, step, "Merge", {}, strategy="dest-wins", allow_empty=True
            )
            break


async def _put_right(lake: Lake, step: str, head: str, work: Work) -> None:
    """What lakeFS made of the files by merging is taken back: ours has been worked out."""
    changed = await lake.call(lake.differ, head, step, None)
    there = {one.path for one in await lake.call(lake.objects, head)} if changed else set()
    for path in changed or ():
        if path in work.put or path in work.gone:
            continue
        if path in there:
            notes = (await lake.call(lake.object, head, path)).notes
            work.put[path] = Copy(head, path, notes)
        else:
            work.gone.append(path)


async def _stage(lake: Lake, step: str, work: Work) -> None:
    free = asyncio.Semaphore(AT_ONCE)

    async def put(path: str, what: Upload | Copy) -> None:
        async with free:
            if isinstance(what, Upload):
                await lake.call(lake.put, step, path, what.data, what.notes)
            else:
                await lake.call(lake.copy, step, path, what.ref, what.path, what.notes)

    done = await asyncio.gather(*starmap(put, work.put.items()), return_exceptions=True)
    for wrong in filter(None, done):
        raise wrong
    if work.gone:
        await lake.call(lake.remove, step, work.gone)


async def _bring_in(
    lake: Lake, step: str, target: str, key: str, message: str, notes: Mapping[str, str]
) -> str:
    """Merge the step, which is the commit.

    By the name of its branch: had somebody who lost the lock come so far, his branch is gone.
    """
    async for _ in _tries(lake):
        try:
            return await lake.call(lake.merge, step, target, message, notes, allow_empty=True)
        except Unavailable:
            tip = await lake.call(lake.head, target)
            if tip is not None:
                newest = await lake.call(lake.commit_of, tip)
                if newest.notes.get(KEY) == key:
                    return tip
        except MemoryRefused as refused:
            raise WriteConflict(
                f"{target!r} was changed in lakeFS, past this runtime: {refused}",
                remedy="Try again; only the runtime should write to its repositories.",
            ) from None
    raise AssertionError("the tries end by an error")


async def _tries(lake: Lake) -> AsyncIterator[int]:
    wait_s = client.FIRST_WAIT_S
    for n in range(TRIES):
        yield n
        await asyncio.sleep(wait_s)
        wait_s *= 2
    raise lake.away("no merge came through")
