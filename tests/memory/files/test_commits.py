"""Commits: what they change, what they refuse, and that they happen once."""

import asyncio

import pytest

from persistentai_lab.errors import (
    MemoryRefused,
    NotInMemory,
    NotText,
    PathRefused,
    WriteConflict,
)
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files.asks import CommitFiles, Delete, Move, Put
from persistentai_lab.storage.memory import MemoryTree
from tests.memory.files.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
def house(tree: MemoryTree, me: Author) -> House:
    return House(tree, me)


async def test_what_is_written_is_read_also_at_its_older_versions(house: House) -> None:
    first = await house.write(**{"a.txt": "one", "b/c.txt": "see"})
    second = await house.write(**{"a.txt": "two"})
    await house.commit(Delete(path="b/c.txt"))

    assert await house.tree() == {"a.txt": "two"}
    assert await house.tree(at=second) == {"a.txt": "two", "b/c.txt": "see"}
    assert await house.tree(at=first[:10]) == {"a.txt": "one", "b/c.txt": "see"}


async def test_a_folder_is_listed_by_name_a_page_at_a_time(house: House) -> None:
    await house.write(**{f"d{n}/f{m}.txt": "x" for n in range(5) for m in range(3)}, z="z", a="a")

    assert await house.ls() == ["a", "d0/", "d1/", "d2/", "d3/", "d4/", "z"]
    assert await house.ls(limit=3) == ["a", "d0/", "d1/"]
    assert await house.ls(after="d1/", limit=3) == ["d2/", "d3/", "d4/"]
    assert await house.ls("d3") == ["d3/f0.txt", "d3/f1.txt", "d3/f2.txt"]
    assert await house.ls("d3", after="d3/f0.txt", limit=1) == ["d3/f1.txt"]
    assert await house.ls(recursive=True, after="d4/f0.txt") == ["d4/f1.txt", "d4/f2.txt", "z"]
    with pytest.raises(NotInMemory, match="no file 'nowhere'"):
        await house.ls("nowhere")
    with pytest.raises(NotInMemory, match="is a file"):
        await house.ls("z")


async def test_a_folder_with_more_files_than_are_looked_at_at_once(house: House) -> None:
    await house.write(**{f"{n % 3}/{n:04}": "x" for n in range(1_500)}, zz="last")

    assert await house.ls() == ["0/", "1/", "2/", "zz"]
    pages, after = [], ""
    while page := await house.ls("1", after=after, limit=150):
        pages.append(page)
        after = page[-1]
    assert [len(page) for page in pages] == [150, 150, 150, 50]
    assert [path for page in pages for path in page] == [f"1/{n:04}" for n in range(1, 1_500, 3)]


async def test_a_name_that_begins_like_a_large_folder_is_listed_behind_it(house: House) -> None:
    inside = {f"d/{n:03}": "x" for n in range(300)}
    await house.write(**inside, d0="a file", **{"d-": "before", "e/a": "x", "e0/b": "x"})

    assert await house.ls() == ["d-", "d/", "d0", "e/", "e0/"]
    pages = [await house.ls(after=after, limit=1) for after in ("", "d-", "d", "d0", "e", "e0")]
    assert pages == [["d-"], ["d/"], ["d0"], ["e/"], ["e0/"], []]


async def test_the_same_key_twice_is_one_commit(house: House) -> None:
    put = await house.put("a.txt", "one")
    (first,) = await house.do(CommitFiles(changes=(put,), key="k"))
    await house.write(**{"a.txt": "two"})
    (again,) = await house.do(CommitFiles(changes=(put,), key="k"))

    assert (first.again, again.again) == (False, True)
    assert again.version == first.version
    assert await house.tree() == {"a.txt": "two"}


async def test_writing_what_is_there_makes_no_commit(house: House) -> None:
    commit = await house.write(a="one")

    assert await house.write(a="one") == commit


async def test_of_two_writers_at_one_version_one_is_told(house: House) -> None:
    head = await house.write(a="one")
    puts = [await house.put("a", text) for text in ("two", "three")]

    done = await asyncio.gather(
        *(house.do(CommitFiles(changes=(put,), expected=head)) for put in puts),
        return_exceptions=True,
    )

    lost = [each for each in done if isinstance(each, WriteConflict)]
    assert len(lost) == 1
    assert "moved on" in lost[0].message
    assert (await house.tree())["a"] in ("two", "three")


async def test_of_two_writers_of_one_path_without_looking_both_are_in_the_history(
    house: House,
) -> None:
    puts = [await house.put("a", str(n)) for n in range(8)]

    done = await asyncio.gather(*(house.do(CommitFiles(changes=(put,))) for put in puts))

    contents = [(await house.tree(at=str(receipt.version)))["a"] for (receipt,) in done]
    assert sorted(contents) == [str(n) for n in range(8)]


async def test_a_path_is_written_only_as_it_was(house: House) -> None:
    one, two = await house.put("a", "one"), await house.put("a", "two")
    await house.commit(one.model_copy(update={"was": ""}))

    with pytest.raises(WriteConflict, match="has the content"):
        await house.commit(two.model_copy(update={"was": ""}))
    await house.commit(two.model_copy(update={"was": one.sha256}))
    with pytest.raises(WriteConflict):
        await house.commit(Delete(path="a", was=one.sha256))
    assert await house.tree() == {"a": "two"}


async def test_files_and_folders_move_and_go(house: House) -> None:
    await house.write(**{"a/1": "one", "a/b/2": "two", "c": "three"})

    await house.commit(Move(path="a", to="x/y"), Move(path="c", to="a"))
    assert await house.tree() == {"x/y/1": "one", "x/y/b/2": "two", "a": "three"}

    await house.commit(Delete(path="x", recursive=True))
    assert await house.tree() == {"a": "three"}


@pytest.mark.parametrize(
    ("change", "error", "why"),
    [
        (Delete(path="no"), NotInMemory, "no file 'no'"),
        (Delete(path="d"), NotInMemory, "no file 'd'"),
        (Move(path="no", to="a"), NotInMemory, "no file 'no'"),
        (Move(path="d", to="D/e/f"), PathRefused, ""),
        (Move(path="d", to="a.txt"), PathRefused, "file and a folder"),
    ],
)
async def test_what_cannot_be_is_refused_whole(
    house: House, change: Delete | Move, error: type[Exception], why: str
) -> None:
    await house.write(**{"a.txt": "one", "d/e": "two", "d/g": "three"})
    also = await house.put("new", "new")

    if error is PathRefused and not why:
        await house.commit(change)  # the folder that it comes from is gone: another case is free
        assert set(await house.tree()) == {"a.txt", "D/e/f/e", "D/e/f/g"}
        return
    with pytest.raises(error, match=why):
        await house.commit(also, change)
    assert set(await house.tree()) == {"a.txt", "d/e", "d/g"}


@pytest.mark.parametrize(
    "path", ["A.txt", "а.txt", "D/x", "d", "d/e/f", "a.txt/x", "d/Е", "d\u200b/x"]
)
async def test_a_name_that_looks_like_another_is_refused_with_the_other(
    house: House, path: str
) -> None:
    await house.write(**{"a.txt": "one", "d/e": "two"})

    with pytest.raises(PathRefused) as refused:
        await house.write(**{path: "x"})

    assert any(repr(name) in refused.value.message for name in ("a.txt", "d/", "d/e"))
    assert set(await house.tree()) == {"a.txt", "d/e"}


async def test_a_name_may_change_its_case(house: House) -> None:
    await house.write(**{"Data/a": "one"})

    await house.commit(Move(path="Data", to="data"))

    assert await house.tree() == {"data/a": "one"}


async def test_one_path_is_changed_once_in_a_commit(house: House) -> None:
    one, two = await house.put("a", "one"), await house.put("a", "two")

    with pytest.raises(MemoryRefused, match="twice"):
        await house.commit(one, two)


async def test_content_has_to_be_kept_first(house: House) -> None:
    with pytest.raises(MemoryRefused, match="not kept"):
        await house.commit(await house.put("b", "kept"), Put(path="a", sha256="0" * 64))

    assert await house.tree() == {}


async def test_binary_as_text_is_told(house: House) -> None:
    await house.write(**{"a.txt": b"\xff\xfe\x00binary"})

    with pytest.raises(NotText, match="no text"):
        await house.lent.read_text("a.txt")
    assert await house.lent.read("a.txt") == b"\xff\xfe\x00binary"


async def test_other_workspaces_see_nothing(house: House, tree: MemoryTree) -> None:
    commit = await house.write(a="one")
    other = House(tree, Author(house.author.workspace + "-other", "eve", "eve"))  # type: ignore[arg-type]

    assert await other.tree() == {}
    with pytest.raises(NotInMemory):
        await other.tree(at=commit)
    stolen = Put(path="a", sha256=(await house.put("a", "one")).sha256, media_type="text/plain")
    with pytest.raises(MemoryRefused, match="not kept"):
        await other.commit(stolen)
