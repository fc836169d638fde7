"""A commit in lakeFS, once, whatever is lost on the way.

lakeFS knows no keys and shares no transaction with us. So a commit is made ready on a branch of its
own and comes into being by one merge, which carries its key:

    branch `_step-<hash of the key>-<try>` → put, copy, remove → commit → merge → tag → branch gone

Whoever has the lock of the target does this alone. He may have lost the lock without knowing, and a
call of his may still be on its way. So each try has a branch of its own, and whoever comes after
takes the branches of earlier tries away first: what has none can't be merged any more. Then he
looks whether the target is still where he has seen it. A merge whose answer is lost is looked for
at the tip of the target before it is tried again.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import starmap

from ...errors import MemoryRefused, Unavailable, WriteConflict
from . import client
from .client import TRIES, Lake, NotThere
from .names import key_tag, step_branches

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


class Overtaken(Exception):
    """An earlier try came through in this very moment: look for its commit again."""


async def find(lake: Lake, target: str, key: str, since: str | None) -> str | None:
    """The commit of a key, if it was made.

    Args:
        lake: The repository.
        target: The branch that it would be on, as lakeFS calls it.
        key: Its key.
        since: The tip of the branch before it was first tried, if that is known.
    """
    if (found := await lake.call(lake.tagged, key_tag(key))) is not None:
        await _clear(lake, key)  # whoever made it may have died before he did
        return found
    head = await lake.call(lake.head, target)
    if head is None or head == since:
        return None
    for commit in await lake.call(lake.log, head, amount=SCANNED):
        if commit.id == since:
            return None
        if commit.notes.get(KEY) == key:
            await lake.call(lake.tag, key_tag(key), commit.id)
            await _clear(lake, key)
            return commit.id
    return None


async def commit(
    lake: Lake, target: str, head: str, key: str, message: str, notes: Mapping[str, str], work: Work
) -> str:
    """Make a commit on top of `head`, the tip of the target. Returns its id.

    Raises:
        Overtaken: The target is elsewhere by now.
        WriteConflict: Somebody who is none of us has changed the target meanwhile.
        Unavailable: lakeFS is away. With the same key, it may be tried again.
    """
    step, notes = f"{step_branches(key)}{uuid.uuid4().hex[:8]}", {**notes, KEY: key}
    await _clear(lake, key)
    if await lake.call(lake.head, target) != head:
        raise Overtaken
    await lake.call(lake.branch, step, head)
    for source in work.also:
        await _merge_in(lake, step, source)
    if work.also:
        await _put_right(lake, step, head, work)
    await _stage(lake, step, work)
    await lake.call(lake.commit, step, message, notes)
    made = await _bring_in(lake, step, target, key, message, notes)
    await lake.call(lake.tag, key_tag(key), made)
    await lake.call(lake.drop, step)
    return made


async def _clear(lake: Lake, key: str) -> None:
    """Take the branches of all tries away."""
    for name, _ in await lake.call(lake.branches, step_branches(key)):
        await lake.call(lake.drop, name)


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
    """Merge the step, which is the commit; by the name of its branch, see above."""
    async for _ in _tries(lake):
        try:
            return await lake.call(lake.merge, step, target, message, notes, allow_empty=True)
        except Unavailable:
            tip = await lake.call(lake.head, target)
            if tip is not None:
                newest = await lake.call(lake.commit_of, tip)
                if newest.notes.get(KEY) == key:
                    return tip
        except NotThere:
            raise lake.away("another try of this commit has taken its place") from None
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
