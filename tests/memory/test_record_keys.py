"""Values by key: kept for a time, counted, changed only from what one had read."""

import asyncio
from typing import Any

import pytest

from persistentai_lab.errors import LabError, MemoryRefused, OutOfBounds, WriteConflict
from persistentai_lab.ids import Json, Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.body import BodyMemory
from persistentai_lab.memory.layer import Command, Promise
from persistentai_lab.memory.records.asks import (
    AppendRecord,
    DeleteRecord,
    ExpireRecord,
    GetRecord,
    IncrRecord,
    ListKeys,
    PutRecord,
)
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.records import sweep

pytestmark = pytest.mark.anyio


async def do(tree: MemoryTree, me: Author, *commands: Command) -> list[Json]:
    return [receipt.version for receipt in await tree.write(me, *commands)]


async def entry(tree: MemoryTree, me: Author, key: str) -> Any:
    return (await tree.answer(me, GetRecord(key=key))).value


async def value(tree: MemoryTree, me: Author, key: str) -> Json:
    found = await entry(tree, me, key)
    return found and found["value"]


async def age(tree: MemoryTree, me: Author, key: str, seconds: float) -> None:
    """Let time pass for one value."""
    async with tree._pool.connection() as connection:
        await connection.execute(
            "UPDATE pai.record SET expires_at = expires_at - %s * interval '1 s'"
            " WHERE workspace = %s AND key = %s",
            (seconds, me.workspace, key),
        )


async def test_a_body_sees_its_own_changes_as_storage_makes_them(
    tree: MemoryTree, me: Author
) -> None:
    """Whatever it does, in whatever order: what it reads is what is there afterwards."""
    await do(tree, me, PutRecord(key="a", value=[1]), PutRecord(key="n", value=2))
    mine: list[Command] = []

    def note(command: Command) -> Promise:
        mine.append(command)
        return Promise(len(mine) - 1)

    records = BodyMemory(lambda query: tree.answer(me, query), note).records
    records.append("a", 2)
    records.incr("n", 0.5)
    records.put("b", {"x": None}, ttl=60)
    records.append("b", "y")
    records.delete("a")
    records.append("a", "new")
    records.expire("n", 60)
    records.incr("fresh", -3)
    keys = ("a", "b", "n", "fresh", "none")
    seen = [await records.get(key) for key in keys]

    receipts = await tree.write(me, *mine)

    assert seen == [["new"], [{"x": None}, "y"], 2.5, -3, None]
    assert [await value(tree, me, key) for key in keys] == seen
    assert receipts[1].version == 2.5
    assert (await entry(tree, me, "n"))["expires_at"] is not None


async def test_what_is_over_is_not_there_and_its_revision_counts_on(
    tree: MemoryTree, me: Author
) -> None:
    await do(tree, me, PutRecord(key="k", value=1, ttl=50), PutRecord(key="stays", value=1))
    before = await entry(tree, me, "k")
    await age(tree, me, "k", 60)

    gone = await entry(tree, me, "k")
    keys = (await tree.answer(me, ListKeys())).value
    assert await do(tree, me, ExpireRecord(key="k", ttl=9), DeleteRecord(key="k")) == [None, None]
    with pytest.raises(WriteConflict, match="not there, and revision 1 was expected"):
        await do(tree, me, PutRecord(key="k", value=2, expected=1))
    again = await do(tree, me, AppendRecord(key="k", item="new"))

    assert before["expires_at"] is not None
    assert gone is None
    assert [key["key"] for key in keys] == ["stays"]  # type: ignore[index,call-overload,union-attr]
    assert again == [2]
    assert (await entry(tree, me, "k"))["value"] == ["new"]
    assert (await entry(tree, me, "k"))["expires_at"] is None, "its time had been up"


async def test_only_one_of_two_writers_on_one_revision_gets_through(
    tree: MemoryTree, me: Author
) -> None:
    await do(tree, me, PutRecord(key="k", value=0, expected=0))

    came = await asyncio.gather(
        *(do(tree, me, PutRecord(key="k", value=n, expected=1)) for n in range(1, 6)),
        return_exceptions=True,
    )

    refused = [each for each in came if isinstance(each, WriteConflict)]
    assert len(refused) == 4
    assert refused[0].retryable
    assert "at revision 2, and revision 1 was expected" in refused[0].message
    assert "expected=2" in refused[0].remedy
    assert [2] in came


async def test_of_a_hundred_counts_at_once_none_is_lost_and_bounds_hold(
    tree: MemoryTree, me: Author
) -> None:
    one = IncrRecord(key="left", by=-1, at_least=0)
    await do(tree, me, PutRecord(key="left", value=30))

    came = await asyncio.gather(*(do(tree, me, one) for _ in range(50)), return_exceptions=True)

    assert sum(isinstance(each, OutOfBounds) for each in came) == 20
    assert sorted(each[0] for each in came if isinstance(each, list)) == [*range(30)]  # type: ignore[type-var]
    assert await value(tree, me, "left") == 0


async def test_a_command_under_a_name_is_done_once(tree: MemoryTree, me: Author) -> None:
    command = IncrRecord(key="n", by=2, once="mine")
    other = Author(Workspace("other" + me.workspace), "eve", "eve")

    came = await asyncio.gather(*(tree.write(me, command) for _ in range(5)))
    elsewhere = await do(tree, other, command)

    assert {receipt.version for (receipt,) in came} == {2}  # type: ignore[misc]
    assert sum(not receipt.again for (receipt,) in came) == 1
    assert await value(tree, me, "n") == 2
    assert elsewhere == [2], "names are each workspace's own"


async def test_all_or_nothing(tree: MemoryTree, me: Author) -> None:
    with pytest.raises(OutOfBounds):
        await do(tree, me, PutRecord(key="a", value=1), IncrRecord(key="b", by=5, at_most=4))

    assert [await entry(tree, me, key) for key in "ab"] == [None, None]


async def test_a_sweep_takes_away_in_pages_what_was_over_long_ago(
    tree: MemoryTree, me: Author
) -> None:
    for n in range(7):
        await do(tree, me, PutRecord(key=f"k{n}", value=n, ttl=60, once=f"{me.workspace}{n}"))
    await do(tree, me, PutRecord(key="ever", value=1), DeleteRecord(key="ever", once="gone"))
    for n in range(5):
        await age(tree, me, f"k{n}", 3_700)

    swept = await sweep(tree._pool, grace_s=3_600, page=2)

    async with tree._pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT key FROM pai.record WHERE workspace = %s ORDER BY key", (me.workspace,)
        )
        left = [key for (key,) in await cursor.fetchall()]
    assert swept == 5
    assert left == ["ever", "k5", "k6"]


@pytest.mark.parametrize("odd", [float("nan"), {1}, "\0", "\ud800", b"x", [float("inf")]])
async def test_what_is_no_json_is_refused(odd: Any) -> None:
    with pytest.raises(MemoryRefused) as caught:
        PutRecord(key="k", value=odd)

    assert caught.value.remedy


@pytest.mark.parametrize("key", ["", "a\nb", "x" * 501, "\0"])
async def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(MemoryRefused, match="key"):
        GetRecord(key=key)


async def test_what_is_no_number_is_not_counted(tree: MemoryTree, me: Author) -> None:
    await do(tree, me, PutRecord(key="k", value=True))

    with pytest.raises(LabError, match="holds no number"):
        await do(tree, me, IncrRecord(key="k"))
    with pytest.raises(MemoryRefused):
        IncrRecord(key="k", by=float("nan"))


async def test_nobody_sees_or_touches_another_workspace(tree: MemoryTree, me: Author) -> None:
    other = Author(Workspace("other" + me.workspace), "eve", "eve")
    await do(tree, me, PutRecord(key="k", value="mine"))

    await do(tree, other, DeleteRecord(key="k"), PutRecord(key="k", value="hers", expected=0))

    assert await value(tree, me, "k") == "mine"
    assert len((await tree.answer(other, ListKeys())).value) == 1  # type: ignore[arg-type]
