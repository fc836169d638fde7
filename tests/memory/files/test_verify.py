"""The chain of commits holds, tells where it was altered, and outlives what is erased."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from persistentai_lab.errors import NotInMemory
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files import asks
from persistentai_lab.memory.files.asks import Delete, Move
from persistentai_lab.memory.files.model import ERASED, FilesVerdict
from persistentai_lab.storage.files import merging
from persistentai_lab.storage.memory import MemoryTree
from tests.memory.conftest import Live
from tests.memory.files.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
def house(tree: MemoryTree, me: Author) -> House:
    return House(tree, me)


@pytest.fixture
async def database(memory_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(memory_url, autocommit=True) as connection:
        yield connection


async def verdict(house: House, anchor: str | None = None) -> FilesVerdict:
    return FilesVerdict.model_validate((await house.ask(asks.VerifyFiles(anchor=anchor))).value)


async def a_past(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of every kind of commit, on two branches; ids in the order of their making."""
    made = [await house.write(a="one", b="two", c="three", Name="n", secret="s3cret")]
    await house.do(asks.CreateBranch(name="try"))
    made.append(await house.write("try", a="ONE", new="n"))
    made.append(await house.commit(Move(path="Name", to="name"), Delete(path="b"), branch="try"))
    made.append(await house.write(secret="s3cret 2", b="TWO"))
    for command in (
        asks.Merge(source="try", favour="ours"),
        asks.Revert(commit=made[3]),
        asks.Restore(to=made[0], paths=("a",), message="ü"),
        asks.Restore(to=made[0]),
    ):
        (receipt,) = await house.do(command)
        version: Any = receipt.version
        made.append(version if isinstance(version, str) else version["commit"])
    monkeypatch.setattr(merging, "FEW", 0)  # as large ones come back: as a line of its own
    (receipt,) = await house.do(asks.Restore(to=made[4]))
    made.append(str(receipt.version))
    made.append(await house.write(a="last"))
    await house.do(asks.TagVersion(name="t", version=made[0]))
    return made


async def test_every_kind_of_commit_is_computed_anew(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await a_past(house, monkeypatch)

    told = await verdict(house, anchor=made[2])

    assert told.broken is None
    assert (told.commits, told.erased) == (len(made), 0)
    assert told.heads == {"main": made[-1], "try": made[2]}
    lost = await verdict(house, anchor="f" * 64)
    assert lost.broken is not None
    assert lost.broken.what == "it was noted elsewhere, and is not here"


@pytest.mark.parametrize(
    ("alter", "at", "what"),
    [
        ("UPDATE pai.file SET path = 'z' WHERE path = 'c'", 0, "what it changed"),
        ("UPDATE pai.file SET meta = '{\"x\": 1}' WHERE path = 'new'", 1, "what it changed"),
        ("DELETE FROM pai.file WHERE path = 'new'", 1, "what it changed"),
        ("UPDATE pai.file_commit SET message = 'u' WHERE message = 'ü'", 6, "what it changed"),
        ("UPDATE pai.file_commit SET owner = 'eve' WHERE kind = 'merge'", 4, "its hash is not"),
        ("UPDATE pai.file_commit SET at = at - interval '1 h' WHERE kind = 'revert'", 5, "its h"),
        ("UPDATE pai.file_commit SET payload_hash = hash WHERE kind = 'merge'", 4, "what it chan"),
        ("UPDATE pai.file_commit SET parents = '{}' WHERE kind = 'merge'", 4, "its hash is not"),
        ("DELETE FROM pai.file_commit WHERE kind = 'merge'", 5, "that it came from is missing"),
        ("UPDATE pai.file_line SET base_commit = base_commit - 1 WHERE base_line IS NOT NULL "
         "AND id = (SELECT max(id) FROM pai.file_line WHERE workspace = %(workspace)s)", 8,
         "does not have the files"),
        ("UPDATE pai.file_branch SET head = head + 1000 WHERE name = 'try'", None, "branch 'try'"),
        ("UPDATE pai.file_tag SET commit = commit + 1000", None, "tag 't' points to no commit"),
        ("UPDATE pai.file_commit SET salt = NULL WHERE kind = 'revert'", 5, "no commit says so"),
    ],
)  # fmt: skip
async def test_it_tells_where_somebody_has_altered_the_database(
    alter: str, at: int | None, what: str, house: House, database: AsyncConnection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    made = await a_past(house, monkeypatch)
    mine = "workspace = %(workspace)s"
    here = f"{alter} AND {mine}" if "WHERE" in alter else f"{alter} WHERE {mine}"

    changed = await database.execute(here, {"workspace": house.author.workspace})  # type: ignore[arg-type]

    assert changed.rowcount
    broken = (await verdict(house)).broken
    assert broken is not None
    assert what in broken.what
    assert broken.commit == ("" if at is None else made[at])


async def test_what_is_erased_is_gone_from_all_versions_and_the_chain_holds(
    house: House, database: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await a_past(house, monkeypatch)
    await house.write("try", copy="s3cret", large="x" * ((1 << 20) + 1))
    command = asks.EraseFile(path="secret", reason="asked to", key="once")

    (receipt,) = await house.do(command)
    (again,) = await house.do(command)
    await house.do(asks.EraseFile(path="large", branch="try"))

    done: Any = receipt.result
    assert done["also"] == ["copy"]
    assert done["versions"] >= 3
    assert again.version == receipt.version
    for at in (made[0], made[3], None):
        with pytest.raises(NotInMemory, match="was erased"):
            await house.lent.read("secret", at=at)
        assert (await house.lent.stat("secret", at=made[0])).media_type == ERASED
    assert await house.lent.read("copy", branch="try") == b"s3cret"
    assert await house.lent.read("c", at=made[0]) == b"three"
    left = await database.execute(
        "SELECT count(*) FROM pai.blob WHERE workspace = %s AND data = %s",
        (house.author.workspace, b"s3cret 2"),
    )
    assert await left.fetchone() == (0,)
    told = await verdict(house)
    assert told.broken is None
    assert told.erased >= 3
    said = (await house.lent.log(limit=1))[0]
    assert said.kind == "erase"
    assert said.meta["erased"]["reason"] == "asked to"  # type: ignore[index, call-overload]
    with pytest.raises(NotInMemory, match="with anything in it"):
        await house.do(asks.EraseFile(path="secret"))
    with pytest.raises(NotInMemory, match="with anything in it"):
        await house.do(asks.EraseFile(path="never"))


def test_a_client_verifies_and_erases(live: Live) -> None:
    files = live.client.memory.files
    files.write("erase/me.txt", "personal")
    files.write("erase/me.txt", "more of it")

    done = files.erase("erase/me.txt", reason="asked to")
    told = files.verify(anchor=done["commit"])

    assert (done["versions"], done["also"]) == (2, [])
    assert told.is_intact
    assert told.heads["main"] == done["commit"]
    assert files.log("erase/me.txt")[0].kind == "commit"
