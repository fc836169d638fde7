"""The feed layer on a real database, in this process."""

from collections.abc import Callable

import anyio
import pytest

from persistentai_lab.errors import BadPatch, LabError, MemoryRefused, NotInMemory, ValueTooLarge
from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.feed.asks import (
    Append,
    AppendAll,
    Forget,
    ListFeeds,
    PatchState,
    ReadFeed,
    StateOf,
    VerifyFeed,
)
from persistentai_lab.memory.feed.model import NewEntry, Verdict
from persistentai_lab.storage.memory import MemoryTree

pytestmark = pytest.mark.anyio
FEED = "room/a"


async def seqs(tree: MemoryTree, me: Author, **wanted: object) -> list[int]:
    found = (await tree.answer(me, ReadFeed(feed=FEED, **wanted))).value
    return [entry["seq"] for entry in found]


async def said(tree: MemoryTree, me: Author, *bodies: object, **more: object) -> list[int]:
    items = tuple(NewEntry(body=body, **more) for body in bodies)
    (receipt,) = await tree.write(me, AppendAll(feed=FEED, items=items))
    return receipt.result


async def verdict(tree: MemoryTree, me: Author, **part: object) -> Verdict:
    return Verdict.model_validate((await tree.answer(me, VerifyFeed(feed=FEED, **part))).value)


async def state(tree: MemoryTree, me: Author, at: object = None) -> object:
    return (await tree.answer(me, StateOf(feed=FEED, at=at))).value["state"]


async def patch(tree: MemoryTree, me: Author, *operations: dict[str, object]) -> int:
    (receipt,) = await tree.write(me, PatchState(feed=FEED, patch=list(operations)))
    return receipt.version


async def test_a_batch_is_idempotent_by_key_also_in_its_middle(
    tree: MemoryTree, me: Author
) -> None:
    await tree.write(me, Append(feed=FEED, body="b", key="b"))
    items = [NewEntry(body=it, key=it) for it in ("a", "b", "c", "a")]

    (receipt,) = await tree.write(me, AppendAll(feed=FEED, items=tuple(items)))
    (again,) = await tree.write(me, AppendAll(feed=FEED, items=tuple(items)))

    assert (receipt.result, receipt.version, receipt.again) == ([2, 1, 3, 2], 3, False)
    assert (again.result, again.again) == ([2, 1, 3, 2], True)
    assert await seqs(tree, me) == [1, 2, 3]
    assert (await verdict(tree, me)).is_intact


async def test_reads_from_any_position_both_ways_by_kind_time_and_run(
    tree: MemoryTree, me: Author
) -> None:
    await said(tree, me, "a", "b")
    await said(tree, me, "c", kind="note")
    of_run = Author(me.workspace, "ada", "bob", "r-1", "s0/x")
    await said(tree, of_run, "d")
    entries = (await tree.answer(me, ReadFeed(feed=FEED))).value
    third = entries[2]["at"]

    assert await seqs(tree, me, after=1, before=4) == [2, 3]
    assert await seqs(tree, me, newest_first=True, limit=2) == [4, 3]
    assert await seqs(tree, me, newest_first=True, before=3) == [2, 1]
    assert await seqs(tree, me, kinds=("note",)) == [3]
    assert await seqs(tree, me, run="r-1") == [4]
    assert 3 in await seqs(tree, me, since=third)
    assert await seqs(tree, me, until=third) in ([1, 2, 3], [1, 2, 3, 4])
    assert [entry["caller"] for entry in entries] == ["ada", "ada", "ada", "bob"]


async def test_two_writers_leave_no_gap_and_one_chain(tree: MemoryTree, me: Author) -> None:
    async def write(name: str) -> None:
        for n in range(20):
            await tree.write(me, Append(feed=FEED, body=[name, n], key=f"{name}{n}"))

    async with anyio.create_task_group() as group:
        group.start_soon(write, "a")
        group.start_soon(write, "b")
        group.start_soon(write, "a")  # the same again: nothing is doubled

    assert await seqs(tree, me) == list(range(1, 41))
    assert (await verdict(tree, me)).is_intact


async def test_other_workspaces_see_nothing(tree: MemoryTree, me: Author) -> None:
    await said(tree, me, "a")
    other = Author(Workspace("elsewhere"), "ada", "ada")

    assert await seqs(tree, other) == []
    assert (await tree.answer(other, ListFeeds())).value == []
    for query in (StateOf(feed=FEED), VerifyFeed(feed=FEED)):
        with pytest.raises(NotInMemory):
            await tree.answer(other, query)
    with pytest.raises(NotInMemory):
        await tree.write(other, Forget(feed=FEED, seqs=(1,)))


def _circle() -> list[object]:
    circle: list[object] = []
    circle.append(circle)
    return circle


@pytest.mark.parametrize(
    "body",
    [_circle(), float("nan"), {"n": float("inf")}, "\0", "\ud800", {"a": object()}],
    ids=["circle", "nan", "inf", "nul", "surrogate", "object"],
)
async def test_what_is_no_json_is_refused_with_a_remedy(
    tree: MemoryTree, me: Author, body: object
) -> None:
    with pytest.raises(MemoryRefused) as refused:
        await tree.write(me, Append(feed=FEED, body=body))

    assert refused.value.remedy
    assert await seqs(tree, me) == []


async def test_a_huge_body_is_refused_and_a_batch_is_all_or_nothing(
    tree: MemoryTree, me: Author
) -> None:
    with pytest.raises(ValueTooLarge):
        await said(tree, me, "a", "x" * 9_000_000)
    with pytest.raises(MemoryRefused):
        await said(tree, me, "a", "\0")

    assert await seqs(tree, me) == []


async def test_state_is_rebuilt_at_any_position_and_moment(tree: MemoryTree, me: Author) -> None:
    for n in range(100):
        await patch(tree, me, {"op": "add", "path": f"/n{n % 7}", "value": n})
        if n % 10 == 0:
            await said(tree, me, "between")
    expected, at = {}, {}
    deltas = (await tree.answer(me, ReadFeed(feed=FEED, kinds=("state.delta",)))).value
    for n, entry in enumerate(deltas):
        expected[f"n{n % 7}"] = n
        at[entry["seq"]] = dict(expected), entry["at"]

    assert await state(tree, me) == expected
    assert await state(tree, me, 0) == {}
    for seq in (1, 33, 34, 35, 64, 70, 110):
        if seq in at:
            assert await state(tree, me, seq) == at[seq][0]
    middle = deltas[50]
    assert await state(tree, me, middle["at"]) in [
        s for s, when in at.values() if when == middle["at"]
    ]
    with pytest.raises(NotInMemory):
        await state(tree, me, 1_000)


async def test_a_patch_that_does_not_fit_is_refused_and_told(tree: MemoryTree, me: Author) -> None:
    await patch(tree, me, {"op": "add", "path": "/count", "value": 1})

    with pytest.raises(BadPatch, match=r"Operation 1 .*'/missing/deep'"):
        await patch(
            tree,
            me,
            {"op": "replace", "path": "/count", "value": 2},
            {"op": "remove", "path": "/missing/deep"},
        )
    with pytest.raises(BadPatch, match="test"):
        await patch(tree, me, {"op": "test", "path": "/count", "value": True})
    with pytest.raises(BadPatch):
        await tree.write(me, Append(feed=FEED, kind="state.delta", body={"no": "list"}))

    assert await state(tree, me) == {"count": 1}
    assert await seqs(tree, me) == [1]


async def test_of_two_who_change_the_same_state_one_is_refused(
    tree: MemoryTree, me: Author
) -> None:
    await patch(tree, me, {"op": "add", "path": "/count", "value": 0})
    refused = []

    async def count(_: int) -> None:
        try:
            await patch(
                tree,
                me,
                {"op": "test", "path": "/count", "value": 0},
                {"op": "replace", "path": "/count", "value": 1},
            )
        except BadPatch as error:
            refused.append(error)

    async with anyio.create_task_group() as group:
        for n in range(4):
            group.start_soon(count, n)

    assert (len(refused), await state(tree, me)) == (3, {"count": 1})


async def test_what_is_erased_is_gone_and_the_chain_holds(tree: MemoryTree, me: Author) -> None:
    await said(tree, me, "a", "secret", "c")
    before = await verdict(tree, me)

    (receipt,) = await tree.write(me, Forget(feed=FEED, seqs=(2,), reason="asked to"))
    (again,) = await tree.write(me, Forget(feed=FEED, seqs=(2,)))

    entries = (await tree.answer(me, ReadFeed(feed=FEED))).value
    assert [entry["body"] for entry in entries] == [
        "a", None, "c", {"seqs": [2], "reason": "asked to"},
    ]  # fmt: skip
    assert (receipt.version, receipt.result, again.again) == (4, [2], True)
    after = await verdict(tree, me)
    assert (after.is_intact, after.erased, after.seq) == (True, 1, 4)
    assert (await verdict(tree, me, after=3, hash=before.hash)).is_intact
    with pytest.raises(NotInMemory, match="9"):
        await tree.write(me, Forget(feed=FEED, seqs=(1, 9)))
    with pytest.raises(MemoryRefused):
        await tree.write(me, Forget(feed=FEED, seqs=(4,)))


async def test_an_erased_delta_leaves_state_and_snapshots(tree: MemoryTree, me: Author) -> None:
    for n in range(40):
        await patch(tree, me, {"op": "add", "path": f"/n{n}", "value": f"word{n}"})
    await patch(tree, me, {"op": "copy", "from": "/n3", "path": "/copied"})
    await patch(tree, me, {"op": "add", "path": "/last", "value": "kept"})

    await tree.write(me, Forget(feed=FEED, seqs=(4,)))

    told = (await tree.answer(me, StateOf(feed=FEED))).value
    assert isinstance(told, dict)
    assert told["skipped"] == [4, 41]  # what copied it builds on it
    assert "word3" not in str(told["state"]).split("'")
    assert told["state"]["last"] == "kept"
    assert await state(tree, me, 3) == {"n0": "word0", "n1": "word1", "n2": "word2"}
    async with tree._pool.connection() as connection:  # nor is it in any snapshot
        rows = await connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE state::text LIKE '%%\"word3\"%%') "
            "FROM pai.feed_snapshot WHERE workspace = %s", (me.workspace,)
        )  # fmt: skip
        assert await rows.fetchone() == (1, 0)
    await patch(tree, me, {"op": "test", "path": "/last", "value": "kept"})


TAMPERING = {
    "body": ("UPDATE pai.feed_entry SET body = '\"x\"' WHERE {at}", 3, "body"),
    "kind": ("UPDATE pai.feed_entry SET kind = 'other' WHERE {at}", 3, "hash"),
    "author": ("UPDATE pai.feed_entry SET owner = 'eve' WHERE {at}", 3, "hash"),
    "time": ("UPDATE pai.feed_entry SET at = at + interval '1 microsecond' WHERE {at}", 3, "hash"),
    "moved text": (
        "UPDATE pai.feed_entry SET kind = kind || 'k', key = NULL WHERE {at}",
        3,
        "hash",
    ),
    "removed": ("DELETE FROM pai.feed_entry WHERE {at}", 3, "missing"),
    "blanked": ("UPDATE pai.feed_entry SET body = NULL, salt = NULL WHERE {at}", 3, "missing"),
    "blanked as erased": (
        "UPDATE pai.feed_entry SET body = NULL, salt = NULL, erased_at = now() WHERE {at}",
        3,
        "no entry of the feed says so",
    ),
    "cut off": ("DELETE FROM pai.feed_entry WHERE {of} AND seq > 3", 4, "missing"),
    "head": ("UPDATE pai.feed_head SET hash = sha256('') WHERE {of}", 5, "head"),
}


@pytest.mark.parametrize("how", TAMPERING)
async def test_whatever_is_tampered_with_is_told_where(
    tree: MemoryTree, me: Author, how: str
) -> None:
    statement, seq, what = TAMPERING[how]
    for n in range(5):
        await tree.write(me, Append(feed=FEED, body=n, key=f"k{n}"))
    of = f"workspace = '{me.workspace}' AND feed = '{FEED}'"
    async with tree._pool.connection() as connection:
        await connection.execute(statement.format(of=of, at=f"{of} AND seq = 3").encode())

    broken = (await verdict(tree, me)).broken

    assert broken is not None
    assert (broken.seq, what in broken.what) == (seq, True), broken


async def test_is_verified_a_part_at_a_time(tree: MemoryTree, me: Author) -> None:
    await said(tree, me, *range(10))

    first = await verdict(tree, me, limit=4)
    rest = await verdict(tree, me, after=first.seq, hash=first.hash)

    assert (first.seq, first.is_all, rest.seq, rest.is_all) == (4, False, 10, True)
    assert rest.is_intact
    assert not (await verdict(tree, me, after=4, hash="0" * 64)).is_intact


async def export(tree: MemoryTree, me: Author) -> list[bytes]:
    pieces = [piece async for piece in tree.feeds.lines(me.workspace, FEED)]
    return b"".join(pieces).splitlines(keepends=True)


async def test_a_feed_moves_with_its_chain_its_state_and_its_holes(
    tree: MemoryTree, me: Author
) -> None:
    await said(tree, me, {"z": 1, "a": [1.5, "ü", None]}, "secret", key=None)
    for n in range(40):
        await patch(tree, me, {"op": "add", "path": f"/n{n}", "value": n})
    await tree.write(me, Forget(feed=FEED, seqs=(2,)))
    lines = await export(tree, me)
    there = Author(Workspace(f"{me.workspace} there"), "eve", "eve")

    seq = await tree.feeds.take_in(there, FEED, lines)
    again = await tree.feeds.take_in(there, FEED, lines)

    assert seq == again == 43
    assert "secret" not in b"".join(lines).decode()
    read = ReadFeed(feed=FEED)
    assert (await tree.answer(there, read)).value == (await tree.answer(me, read)).value
    assert (await verdict(tree, there)).is_intact
    assert await state(tree, there) == await state(tree, me)
    await tree.write(there, Append(feed=FEED, body="goes on"))
    assert (await verdict(tree, there)).is_intact
    assert (await verdict(tree, there)).erased == 1
    with pytest.raises(LabError, match="another feed"):
        await tree.feeds.take_in(there, FEED, lines)
    assert await export(tree, me) == lines


def _in_third(old: bytes, new: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:3], lines[3].replace(old, new), *lines[4:]]


FORGERIES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int]] = {
    "body": (_in_third(b'"body":"c"', b'"body":"x"'), 4),
    "author": (_in_third(b'"ada"', b'"eve"'), 4),
    "left out": (lambda lines: [*lines[:3], *lines[4:]], 4),
    "swapped": (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], 3),
    "no json": (lambda lines: [*lines[:3], b"{\n", *lines[4:]], 4),
    "nan": (_in_third(b'"body":"c"', b'"body":NaN'), 4),
    "blanked": (_in_third(b',"body":"c"', b',"erased_at":"2026-01-01T00:00:00Z"'), 4),
    "cut off": (lambda lines: lines[:-1], 6),
    "cut off and closed": (lambda lines: [*lines[:3], lines[-1]], 4),
    "renamed": (lambda lines: [lines[0].replace(b"room/a", b"room/b"), *lines[1:]], 2),
    "more": (lambda lines: [*lines, lines[1]], 7),
}


@pytest.mark.parametrize("how", FORGERIES)
async def test_an_altered_file_is_refused_and_the_line_is_named(
    tree: MemoryTree, me: Author, how: str
) -> None:
    forge, line = FORGERIES[how]
    await said(tree, me, "a", "b", "c", "d")
    lines = await export(tree, me)
    there = Author(Workspace(f"{me.workspace} there"), "eve", "eve")

    with pytest.raises(LabError, match=f"Line {line}: ") as refused:
        await tree.feeds.take_in(there, FEED, forge(lines))

    assert refused.value.code == "broken_chain"
    assert (await tree.answer(there, ListFeeds())).value == []
    assert await tree.feeds.take_in(there, FEED, lines) == 4
