"""Branches, tags, logs, differences, merges, and older versions brought back."""

import asyncio
from typing import Any

import pytest

from persistentai_lab.errors import (
    MemoryRefused,
    MergeConflict,
    NotInMemory,
    WriteConflict,
)
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.files import asks
from persistentai_lab.memory.files.asks import Delete, Move
from persistentai_lab.memory.layer import Receipt
from persistentai_lab.storage.memory import MemoryTree
from tests.memory.files.house import House

pytestmark = [pytest.mark.anyio]
SEVEN = "".join(f"{n}\n" for n in range(7))


@pytest.fixture
def house(tree: MemoryTree, me: Author) -> House:
    return House(tree, me)


async def one(house: House, command: asks.Command) -> Receipt:
    (receipt,) = await house.do(command)
    return receipt


async def merged(house: House, source: str, into: str = "main", **more: Any) -> dict[str, Any]:
    receipt = await one(house, asks.Merge(source=source, branch=into, **more))
    assert isinstance(receipt.version, dict)
    return receipt.version


async def test_a_branch_goes_its_own_way(house: House) -> None:
    await house.write(a="one", b="two", c="three")
    await one(house, asks.CreateBranch(name="try"))
    await house.write("try", a="ONE", d="four")
    await house.commit(Delete(path="b"), Move(path="c", to="e"), branch="try")
    await house.write(b="TWO")

    assert await house.tree() == {"a": "one", "b": "TWO", "c": "three"}
    assert await house.tree("try") == {"a": "ONE", "d": "four", "e": "three"}
    assert await house.ls(branch="try") == ["a", "d", "e"]
    await one(house, asks.CreateBranch(name="deeper", source="try"))
    await house.write("deeper", b="again")
    assert await house.tree("deeper") == {"a": "ONE", "b": "again", "d": "four", "e": "three"}
    assert [branch.name for branch in await branches(house)] == ["deeper", "main", "try"]


async def branches(house: House) -> list[Any]:
    answer = await house.ask(asks.ListBranches())
    assert isinstance(answer.value, list)
    return [type("B", (), each) for each in answer.value]


async def test_branches_and_tags_are_made_once_and_can_go(house: House) -> None:
    with pytest.raises(NotInMemory, match="no branch 'no'"):
        await house.write("no", a="x")
    first = await house.write(a="one")
    assert (await one(house, asks.CreateBranch(name="b"))).again is False
    assert (await one(house, asks.CreateBranch(name="b"))).again is True
    await one(house, asks.TagVersion(name="v1", message="good"))
    await house.write(a="two")

    with pytest.raises(WriteConflict, match="already"):
        await one(house, asks.CreateBranch(name="b"))
    with pytest.raises(WriteConflict, match="tagged"):
        await one(house, asks.TagVersion(name="v1"))
    assert await house.tree(at="v1") == {"a": "one"}
    assert (await house.lent.stat("a", at="v1")).commit == first
    await one(house, asks.DeleteBranch(name="b"))
    await one(house, asks.DeleteTag(name="v1"))
    with pytest.raises(NotInMemory):
        await house.tree(at="v1")
    with pytest.raises(NotInMemory):
        await house.tree("b")
    with pytest.raises(MemoryRefused, match="always there"):
        await one(house, asks.DeleteBranch(name="main"))
    assert await house.tree(at=first) == {"a": "one"}


async def test_a_moment_names_what_was_there_then(house: House) -> None:
    await house.write(a="one")
    (commit,) = await house.lent.log()
    await asyncio.sleep(0.002)  # moments are kept to the millisecond
    await house.write(a="two")

    assert await house.tree(at=commit.at.isoformat()) == {"a": "one"}
    assert await house.tree(at="2020-01-01") == {}
    assert await house.tree(at="2999-01-01T00:00Z") == {"a": "two"}
    with pytest.raises(MemoryRefused, match="no moment"):
        await house.tree(at="2020-13-01")


async def test_what_differs_is_told_between_any_two_versions(house: House) -> None:
    first = await house.write(a="one", b="two", **{"d/e": "x"})
    second = await house.write(a="ONE", c="new")
    await one(house, asks.CreateBranch(name="side", source=first))
    await house.write("side", b="zwei", c="new")

    def told(changes: list[Any]) -> list[tuple[str, str]]:
        return [(change.path, change.kind) for change in changes]

    assert told(await house.lent.diff(first, second)) == [("a", "changed"), ("c", "added")]
    assert told(await house.lent.diff(second, first)) == [("a", "changed"), ("c", "removed")]
    assert told(await house.lent.diff()) == [("a", "changed"), ("c", "added")]
    assert told(await house.lent.diff("main", "side")) == [("a", "changed"), ("b", "changed")]
    assert told(await house.lent.diff("side", "side")) == []
    compared = await house.lent.compare("a", first, "main")
    assert (compared.kind, compared.details) == (
        "text", [{"before": 1, "after": 1, "lines": ["-one", "+ONE"]}],
    )  # fmt: skip
    assert (await house.lent.compare("b", first, "main")).kind == "same"
    with pytest.raises(NotInMemory):
        await house.lent.compare("nowhere", first, "main")


async def test_what_differs_along_a_branch_is_told_from_either_end(house: House) -> None:
    await house.write(a="one", b="two", c="three", Name="n", back="here")
    await one(house, asks.CreateBranch(name="try"))
    first = await house.write("try", a="ONE", new="n")
    await house.commit(Delete(path="b"), Delete(path="back"), branch="try")
    await house.commit(Move(path="Name", to="name"), branch="try")
    await house.commit(Delete(path="new"), branch="try")
    await house.write("try", back="here", c="for a while")
    last = await house.write("try", c="three")

    async def told(a: str, b: str) -> list[tuple[str, str]]:
        return [(change.path, change.kind) for change in await house.lent.diff(a, b)]

    renamed = [("Name", "removed"), ("name", "added")]
    assert await told("main", last) == [("a", "changed"), ("b", "removed"), *renamed]
    assert await told(last, "main") == [("a", "changed"), ("b", "added"), *_back(renamed)]
    assert await told(first, last) == [("b", "removed"), *renamed, ("new", "removed")]
    assert await told(last, first) == [("b", "added"), *_back(renamed), ("new", "added")]


def _back(renamed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(path, kind) for (path, _), (_, kind) in zip(renamed[::-1], renamed, strict=True)]


async def test_a_merge_that_is_sent_again_is_known_though_its_source_is_gone(house: House) -> None:
    await house.write(a="one")
    await one(house, asks.CreateBranch(name="try"))
    await house.write("try", b="two")
    done = await merged(house, "try", key="once")
    await one(house, asks.DeleteBranch(name="try"))

    assert (await merged(house, "try", key="once"))["commit"] == done["commit"]


async def test_changes_on_both_sides_come_together(house: House) -> None:
    await house.write(a="one", b="two", gone="x", text=SEVEN)
    await one(house, asks.CreateBranch(name="side"))
    await house.write("side", b="zwei", new="neu", text=SEVEN.replace("0\n", "null\n"))
    await house.commit(Delete(path="gone"), branch="side")
    await house.write(a="ONE", text=SEVEN.replace("6\n", "six\n"))

    done = await merged(house, "side")

    assert (done["changed"], done["by_content"], done["conflicts"]) == (4, ["text"], [])
    assert await house.tree() == {
        "a": "ONE", "b": "zwei", "new": "neu",
        "text": SEVEN.replace("0\n", "null\n").replace("6\n", "six\n"),
    }  # fmt: skip
    assert (await merged(house, "side"))["commit"] == done["commit"]  # nothing new there
    await house.write("side", b="drei")
    await merged(house, "side")
    assert (await house.tree())["b"] == "drei"
    assert [commit.kind for commit in await house.lent.log(limit=2)] == ["merge", "merge"]
    await merged(house, "main", into="side")
    assert await house.tree("side") == await house.tree()


async def test_a_conflict_is_data_and_is_settled_by_a_second_merge(house: House) -> None:
    await house.write(a=SEVEN, b="two", c="three")
    await one(house, asks.CreateBranch(name="side"))
    await house.write("side", a=SEVEN.replace("3", "drei"), b="zwei", other="y")
    await house.commit(Delete(path="c"), branch="side")
    before = await house.write(a=SEVEN.replace("3", "trois"), b="deux", c="trois")

    with pytest.raises(MergeConflict, match="Nothing was changed") as refused:
        await merged(house, "side")
    reported = await merged(house, "side", conflicts="report")

    assert [each["path"] for each in refused.value.conflicts] == ["a", "b", "c"]  # type: ignore[index, call-overload]
    assert reported["commit"] is None
    assert reported["conflicts"][0]["hunks"] == [
        {"at": 4, "base": ["3\n"], "ours": ["trois\n"], "theirs": ["drei\n"]}
    ]
    assert reported["conflicts"][2]["theirs"] is None
    assert (await house.lent.log(limit=1))[0].id == before

    kept = await house.lent.keep("both", media_type="text/plain")
    done = await merged(
        house,
        "side",
        resolutions={
            "a": {"take": "theirs"},
            "b": {"sha256": kept.sha256, "media_type": "text/plain"},
            "c": {"take": "neither"},
        },
    )
    assert done["conflicts"] == []
    assert await house.tree() == {"a": SEVEN.replace("3", "drei"), "b": "both", "other": "y"}


@pytest.mark.parametrize(("favour", "kept"), [("ours", "OURS"), ("theirs", "THEIRS")])
async def test_one_side_may_be_favoured(house: House, favour: str, kept: str) -> None:
    await house.write(a="base")
    await one(house, asks.CreateBranch(name="side"))
    await house.write("side", a="THEIRS")
    await house.write(a="OURS")

    await merged(house, "side", favour=favour)

    assert await house.tree() == {"a": kept}


SIDES = [None, "A", "B", "C"]


async def test_every_path_is_merged_by_the_table_of_results(house: House) -> None:
    """Base, ours and theirs in all combinations: who alone has changed it is right."""
    cases = [(b, o, t) for b in SIDES[:2] for o in SIDES for t in SIDES]
    names = {f"f{n}": case for n, case in enumerate(cases)}
    await house.write(**{n: c[0] for n, c in names.items() if c[0]}, keep="k")
    await one(house, asks.CreateBranch(name="side"))
    for branch, side in (("main", 1), ("side", 2)):
        puts = [
            await house.put(n, c[side]) for n, c in names.items() if c[side] and c[side] != c[0]
        ]
        gone = [Delete(path=n) for n, c in names.items() if c[0] and not c[side]]
        await house.commit(*puts, *gone, branch=branch)

    expected, conflicting = {"keep": "k"}, set()
    for name, (base, ours, theirs) in names.items():
        if ours == theirs or theirs == base:
            result = ours
        elif ours == base:
            result = theirs
        else:
            conflicting.add(name)
            result = ours
        if result:
            expected[name] = result
    told = await merged(house, "side", conflicts="report")
    assert {each["path"] for each in told["conflicts"]} == conflicting
    await merged(house, "side", favour="ours")
    assert await house.tree() == expected


async def test_a_commit_is_undone_and_what_came_after_stays(house: House) -> None:
    await house.write(a="one", b="two")
    wrong = await house.write(a="wrong", c="wrong")
    await house.write(b="TWO")

    await one(house, asks.Revert(commit=wrong))

    assert await house.tree() == {"a": "one", "b": "TWO"}
    await house.write(a="later")
    with pytest.raises(MergeConflict):
        await one(house, asks.Revert(commit=wrong))


async def test_versions_come_back_whole_or_in_parts(house: House) -> None:
    first = await house.write(**{"a": "one", "d/x": "x", "d/y": "y"})
    await house.write(**{"a": "two", "d/z": "z", "n": "new"})
    await house.commit(Delete(path="d/x"))

    await one(house, asks.Restore(to=first, paths=("d",)))
    assert await house.tree() == {"a": "two", "d/x": "x", "d/y": "y", "n": "new"}

    await one(house, asks.Restore(to=first))
    assert await house.tree() == {"a": "one", "d/x": "x", "d/y": "y"}
    newest = (await house.lent.log(limit=1))[0]
    assert (newest.kind, newest.restored) == ("restore", first)


async def test_a_version_of_many_files_comes_back_without_copying_them(house: House) -> None:
    kept = [await house.put("x", text) for text in ("one", "two")]
    many = [f"d{n % 7}/{n:05}" for n in range(1_200)]
    first = await house.commit(*(kept[0].model_copy(update={"path": path}) for path in many))
    await house.commit(*(kept[1].model_copy(update={"path": path}) for path in many))

    await one(house, asks.Restore(to=first))
    await house.write(**{"d0/00000": "three"})
    await house.commit(Delete(path="d1/00001"))

    now = await house.lent.ls(recursive=True, limit=10_000)
    hashes = {stat.path: stat.sha256 for stat in now}
    assert set(hashes) == set(many) - {"d1/00001"}
    assert [path for path, sha in hashes.items() if sha != kept[0].sha256] == ["d0/00000"]
    assert len(await house.lent.diff(first, "main")) == 2
    assert [c.kind for c in await house.lent.log("d3/00003")] == ["restore", "commit", "commit"]
    page = await house.lent.ls("d1", after="d1/00008", limit=2)
    assert [stat.path for stat in page] == ["d1/00015", "d1/00022"]


async def test_the_log_is_paged_and_knows_what_touched_a_path(house: House) -> None:
    ids = [await house.write(**{f"f{n % 3}": str(n)}) for n in range(7)]

    pages, before = [], None
    while page := await house.lent.log(before=before, limit=3):
        pages.append([commit.id for commit in page])
        before = page[-1].id
    assert pages == [ids[:-4:-1], ids[3:0:-1], ids[:1]]
    assert [c.id for c in await house.lent.log("f1")] == [ids[4], ids[1]]
    assert [c.parents for c in await house.lent.log(limit=1)] == [(ids[-2],)]
    assert await house.lent.log("never") == []


async def test_each_line_knows_its_commit(house: House) -> None:
    first = await house.write(a="one\ntwo\nthree\n")
    second = await house.write(a="one\nTWO\nthree\n")
    third = await house.write(a="zero\none\nTWO\nthree\n")

    lines = await house.lent.blame("a")

    assert [(line.text, line.commit) for line in lines] == [
        ("zero", third), ("one", first), ("TWO", second), ("three", first),
    ]  # fmt: skip


async def test_files_are_found_by_patterns(house: House) -> None:
    paths = ["a.py", "b.txt", "x/a.py", "x/y/b.py", "x/[1].py"]
    await house.write(**{path: path for path in paths})

    async def found(pattern: str) -> list[str]:
        return [stat.path for stat in await house.lent.find(pattern)]

    assert await found("*.py") == ["a.py"]
    assert await found("**/*.py") == ["a.py", "x/[1].py", "x/a.py", "x/y/b.py"]
    assert await found("x/**") == ["x/[1].py", "x/a.py", "x/y/b.py"]
    assert await found("x/?.py") == ["x/a.py"]
    assert await found("[ab].*") == ["a.py", "b.txt"]
    assert await found("[!a].*") == ["b.txt"]
