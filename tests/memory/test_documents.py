"""Documents: revisions, schemas, finding, history that can be checked and forgotten."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.errors import (
    MemoryRefused,
    MisfitDocument,
    NotInMemory,
    SchemaInvalid,
    WriteConflict,
)
from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.chain import canonical
from persistentai_lab.memory.layer import Query
from persistentai_lab.memory.records.asks import (
    DeleteDocument,
    EraseDocument,
    Find,
    GetDocument,
    GetRevision,
    ListCollections,
    ListRevisions,
    PatchDocument,
    PutDocument,
    RestoreDocument,
    SetCollection,
    VerifyDocument,
)
from persistentai_lab.memory.records.model import as_body
from persistentai_lab.memory.records.patch import difference, patched
from persistentai_lab.storage.memory import MemoryTree

pytestmark = pytest.mark.anyio

ADA: dict[str, Any] = {"collection": "people", "id": "ada"}


async def ask(tree: MemoryTree, me: Author, query: Query) -> Any:
    return (await tree.answer(me, query)).value


async def put(tree: MemoryTree, me: Author, id: str, **body: Any) -> None:
    await tree.write(me, PutDocument(collection="people", id=id, body=body))


async def bodies(tree: MemoryTree, me: Author) -> list[Any]:
    return [each["body"] for each in await ask(tree, me, ListRevisions(**ADA, limit=100))]


async def test_each_writing_is_a_revision_that_can_be_looked_at_and_restored(
    tree: MemoryTree, me: Author
) -> None:
    long = {"text": "word " * 200}
    await tree.write(me, PutDocument(**ADA, body={"n": 1, **long}, expected=0))
    await tree.write(me, PatchDocument(**ADA, patch=[{"op": "add", "path": "/tags", "value": []}]))
    await tree.write(me, PatchDocument(**ADA, patch={"n": None, "tags": ["new"]}, expected=2))
    await tree.write(me, DeleteDocument(**ADA))
    gone = await ask(tree, me, GetDocument(**ADA))
    listed = await ask(tree, me, ListRevisions(**ADA, after=1, limit=2))
    (back,) = await tree.write(me, RestoreDocument(**ADA, rev=2))

    assert gone is None
    assert [(each["rev"], each["kind"], each["body"]) for each in listed] == [
        (2, "patched", {"n": 1, "tags": [], **long}),
        (3, "patched", {"tags": ["new"], **long}),
    ]
    assert back.version == 5
    found = await ask(tree, me, GetDocument(**ADA))
    assert (found["rev"], found["body"]) == (5, {"n": 1, "tags": [], **long})
    moment = datetime.fromisoformat(listed[1]["at"])
    assert (await ask(tree, me, GetRevision(**ADA, at=moment)))["rev"] == 3
    with pytest.raises(NotInMemory, match="not there yet"):
        await ask(tree, me, GetRevision(**ADA, at=datetime(2020, 1, 1)))


async def test_of_two_writers_on_one_revision_one_is_told_of_both(
    tree: MemoryTree, me: Author
) -> None:
    await put(tree, me, "ada", n=1)

    came = await asyncio.gather(
        *(tree.write(me, PutDocument(**ADA, body={"n": n}, expected=1)) for n in range(4)),
        return_exceptions=True,
    )

    refused = [each for each in came if isinstance(each, WriteConflict)]
    assert len(refused) == 3
    assert "'people/ada' is at revision 2, and revision 1 was expected" in refused[0].message
    with pytest.raises(WriteConflict, match="it was expected not to be"):
        await tree.write(me, PutDocument(**ADA, body={}, expected=0))


async def test_small_changes_of_a_large_document_are_kept_as_patches(
    tree: MemoryTree, me: Author
) -> None:
    body = {"items": [{"n": n, "text": "x" * 50} for n in range(50)]}
    await put(tree, me, "ada", **body)
    states = [body]
    for n in range(40):
        body = {"items": [*body["items"][: n % 7], {"n": -n}, *body["items"][n % 7 + 1 :]]}
        await put(tree, me, "ada", **body)
        states.append(body)

    async with tree._pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT patch IS NOT NULL FROM pai.doc_rev WHERE workspace = %s ORDER BY rev",
            (me.workspace,),
        )
        is_patch = [row[0] for row in await cursor.fetchall()]
    assert await bodies(tree, me) == states
    assert sum(is_patch) == 38
    assert not is_patch[0]
    assert not is_patch[17], "every so often one is whole"
    assert await ask(tree, me, VerifyDocument(**ADA)) == {
        "collection": "people", "id": "ada", "revisions": 41, "erased": 0, "broken_at": None,
    }  # fmt: skip


async def test_what_is_erased_is_gone_and_the_chain_holds(tree: MemoryTree, me: Author) -> None:
    pad = {"text": "word " * 100}
    for n in range(4):
        await put(tree, me, "ada", secret=f"s{n}", **pad)
    with pytest.raises(MemoryRefused, match="is what"):
        await tree.write(me, EraseDocument(**ADA, rev=4))

    await tree.write(me, EraseDocument(**ADA, rev=2))

    seen = await bodies(tree, me)
    assert [body and body["secret"] for body in seen] == ["s0", None, "s2", "s3"]
    with pytest.raises(NotInMemory, match="was erased"):
        await tree.write(me, RestoreDocument(**ADA, rev=2))
    verified = await ask(tree, me, VerifyDocument(**ADA))
    assert (verified["erased"], verified["broken_at"]) == (1, None)

    await tree.write(me, EraseDocument(**ADA))

    async with tree._pool.connection() as connection:
        for table in ("doc", "doc_rev"):
            cursor = await connection.execute(
                f"SELECT t::text FROM pai.{table} t WHERE workspace = %s", (me.workspace,)
            )
            rows = [row[0] for row in await cursor.fetchall()]
            assert rows
            assert not [row for row in rows if "word" in row or '"s' in row]
    verified = await ask(tree, me, VerifyDocument(**ADA))
    assert (verified["revisions"], verified["erased"], verified["broken_at"]) == (5, 4, None)
    assert await ask(tree, me, GetDocument(**ADA)) is None


@pytest.mark.parametrize(
    "tampering",
    [
        """body = '{"n": 9}'""",
        "kind = 'restored'",
        "owner = 'eve'",
        "at = at + interval '1 ms'",
        "salt = '\\x00'",
        "salt = NULL, body = NULL",
    ],
)
async def test_a_revision_that_was_tampered_with_is_named(
    tree: MemoryTree, me: Author, tampering: str
) -> None:
    for n in range(4):
        await put(tree, me, "ada", n=n)
    async with tree._pool.connection() as connection:
        await connection.execute(
            f"UPDATE pai.doc_rev SET {tampering} WHERE workspace = %s AND rev = 3", (me.workspace,)
        )

    assert (await ask(tree, me, VerifyDocument(**ADA)))["broken_at"] == 3


async def test_a_revision_that_was_taken_from_the_end_is_missed(
    tree: MemoryTree, me: Author
) -> None:
    for n in range(3):
        await put(tree, me, "ada", n=n)
    async with tree._pool.connection() as connection:
        await connection.execute(
            "DELETE FROM pai.doc_rev WHERE workspace = %s AND rev = 3", (me.workspace,)
        )

    assert (await ask(tree, me, VerifyDocument(**ADA)))["broken_at"] == 3


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "born": {"type": "integer"},
        "mail": {"type": "array", "items": {"type": "string", "format": "email"}},
    },
    "required": ["name"],
}


async def test_a_document_that_does_not_fit_is_told_all_places(
    tree: MemoryTree, me: Author
) -> None:
    await tree.write(me, SetCollection(collection="people", json_schema=SCHEMA))
    await put(tree, me, "ada", name="Ada", born=1815)

    with pytest.raises(MisfitDocument) as caught:
        await put(tree, me, "eve", born="long ago", mail=["a@b.org", "nowhere"])
    with pytest.raises(MisfitDocument, match="/born"):
        await tree.write(me, PatchDocument(**ADA, patch={"born": 0.5}))

    places = [problem.partition(":")[0] for problem in caught.value.problems]
    assert sorted(places) == ["(document)", "/born", "/mail/1"]
    assert (await ask(tree, me, GetDocument(**ADA)))["rev"] == 1
    (people,) = await ask(tree, me, ListCollections())
    assert (people["name"], people["documents"], people["json_schema"]) == ("people", 1, SCHEMA)


async def test_a_schema_has_to_be_one_and_to_fit_what_is_there(
    tree: MemoryTree, me: Author
) -> None:
    await put(tree, me, "ada", born="1815")

    with pytest.raises(MisfitDocument, match="ada/born"):
        await tree.write(me, SetCollection(collection="people", json_schema=SCHEMA))
    for wrong in ({"type": "text"}, {"$ref": "http://127.0.0.1:9/x"}, {"pattern": "(?=a)"}):
        with pytest.raises(SchemaInvalid):
            await tree.write(me, SetCollection(collection="people", json_schema=wrong))
    await put(tree, me, "eve", anything=1)

    assert (await ask(tree, me, ListCollections()))[0]["json_schema"] is None


async def test_nobodys_pattern_can_hold_a_process(tree: MemoryTree, me: Author) -> None:
    schema = {"properties": {"s": {"pattern": "^(a+)+$"}}}
    await tree.write(me, SetCollection(collection="people", json_schema=schema))

    with pytest.raises(MisfitDocument):  # a backtracking engine would take for ever
        await put(tree, me, "ada", s="a" * 5_000 + "!")


PEOPLE = [
    {"id": "ada", "name": "Ada", "born": 1815, "city": {"name": "London"}, "tags": ["maths"]},
    {"id": "alan", "name": "Alan", "born": 1912, "city": {"name": "London"}, "tags": []},
    {"id": "emmy", "name": "Emmy", "born": 1882, "city": {"name": "Erlangen"}, "tags": ["maths"]},
    {"id": "grace", "name": "Grace", "born": 1906, "x.y": 1},
    {"id": "odd", "name": 7, "born": "unknown", "city": None},
]


async def people(tree: MemoryTree, me: Author) -> None:
    for each in PEOPLE:
        body = {key: value for key, value in each.items() if key != "id"}
        await tree.write(me, PutDocument(collection="people", id=str(each["id"]), body=body))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"contains": {"city": {"name": "London"}}}, "ada alan"),
        ({"contains": {"tags": ["maths"]}, "where": [("born", ">", 1850)]}, "emmy"),
        ({"where": [("born", "<=", 1906)]}, "ada emmy grace"),
        ({"where": [("born", ">=", "a")]}, "odd"),
        ({"where": [("city.name", "=", "London")]}, "ada alan"),
        ({"where": [("/x.y", "=", 1)]}, "grace"),
        ({"where": [("tags.0", "=", "maths")]}, "ada emmy"),
        ({"where": [("tags", "=", [])]}, "alan"),
        ({"where": [("city.name", "!=", "London")]}, "emmy grace odd"),
        ({"where": [("name", "in", ["Ada", 7])]}, "ada odd"),
        ({"where": [("name", "starts with", "A")]}, "ada alan"),
        ({"where": [("city", "exists", False)]}, "grace"),
        ({"where": [("city", "=", None)]}, "odd"),
        ({"sort": ["born"]}, "odd ada emmy grace alan"),
        ({"sort": ["-city.name", "-born"]}, "alan ada emmy grace odd"),
    ],
)
async def test_documents_are_found(
    tree: MemoryTree, me: Author, asked: dict[str, Any], found: str
) -> None:
    await people(tree, me)

    whole = await ask(tree, me, Find(collection="people", **asked))
    paged, after = [], None
    while True:
        page = await ask(tree, me, Find(collection="people", **asked, limit=2, after=after))
        paged += page["documents"]
        if (after := page["next"]) is None:
            break

    assert " ".join(each["id"] for each in whole["documents"]) == found
    assert paged == whole["documents"]


async def test_only_the_fields_that_are_wanted_are_brought(tree: MemoryTree, me: Author) -> None:
    await people(tree, me)

    found = await ask(
        tree, me, Find(collection="people", fields=["city.name", "name"], contains={"born": 1882})
    )

    assert [each["body"] for each in found["documents"]] == [
        {"name": "Emmy", "city": {"name": "Erlangen"}}
    ]


@pytest.mark.parametrize(
    "said",
    [
        {"where": [("born", "like", 1)]},
        {"where": [("", "=", 1)]},
        {"where": [("born", "<", None)]},
        {"where": [("born", "in", 3)]},
        {"sort": ["a..b"]},
        {"after": "nonsense"},
        {"limit": 0},
        {"contains": {"x": float("nan")}},
    ],
)
async def test_what_means_nothing_is_refused(
    tree: MemoryTree, me: Author, said: dict[str, Any]
) -> None:
    with pytest.raises(MemoryRefused) as caught:
        await ask(tree, me, Find(collection="people", **said))

    assert caught.value.remedy


@pytest.mark.parametrize(
    "patch",
    [
        "x", 3, [{"op": "replace", "path": "/none", "value": 1}], [{"op": "fly"}], [1],
        [{"op": "test", "path": "/n", "value": 2}], [{"op": "replace", "path": "", "value": []}],
    ],
)  # fmt: skip
async def test_a_patch_that_does_not_fit_changes_nothing(
    tree: MemoryTree, me: Author, patch: Any
) -> None:
    await put(tree, me, "ada", n=1)

    with pytest.raises(MemoryRefused):
        await tree.write(me, PatchDocument(**ADA, patch=patch))

    assert (await ask(tree, me, GetDocument(**ADA)))["rev"] == 1


@pytest.mark.parametrize("body", [[1], "text", None, {"x": float("nan")}, {"x": "\0"}, {1: b"x"}])
async def test_what_is_no_document_is_refused(body: Any) -> None:
    with pytest.raises(MemoryRefused):
        PutDocument(**ADA, body=body)


async def test_what_is_too_deep_or_in_a_circle_is_refused() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    circle: dict[str, Any] = {}
    circle["me"] = circle

    for body in ({"x": deep}, circle):
        with pytest.raises(MemoryRefused):
            PutDocument(**ADA, body=body)


async def test_what_is_not_there_is_said(tree: MemoryTree, me: Author) -> None:
    for command in (
        DeleteDocument(**ADA), PatchDocument(**ADA, patch={}), RestoreDocument(**ADA, rev=1),
        EraseDocument(**ADA),
    ):  # fmt: skip
        with pytest.raises(NotInMemory) as caught:
            await tree.write(me, command)
        assert caught.value.remedy
    with pytest.raises(NotInMemory):
        await ask(tree, me, GetRevision(**ADA, rev=1))


async def test_nobody_sees_or_touches_another_workspace(tree: MemoryTree, me: Author) -> None:
    other = Author(Workspace("other" + me.workspace), "eve", "eve")
    await put(tree, me, "ada", name="mine")

    assert await ask(tree, other, GetDocument(**ADA)) is None
    assert (await ask(tree, other, Find(collection="people")))["documents"] == []
    assert await ask(tree, other, ListRevisions(**ADA)) == []
    assert await ask(tree, other, ListCollections()) == []
    with pytest.raises(NotInMemory):
        await tree.write(other, RestoreDocument(**ADA, rev=1))
    await tree.write(other, PutDocument(**ADA, body={"name": "hers"}, expected=0))

    assert (await ask(tree, me, GetDocument(**ADA)))["body"] == {"name": "mine"}


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(values, values)
def test_a_difference_makes_one_value_of_the_other(before: Any, after: Any) -> None:
    operations = difference(before, after)

    assert operations is None or canonical(patched(before, operations)) == canonical(after)


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_lists_always_have_a_difference(before: list[int], after: list[int]) -> None:
    operations = difference({"a/~": before}, {"a/~": after})

    assert operations is not None
    assert patched({"a/~": before}, operations) == {"a/~": after}


async def test_a_body_is_read_as_it_was_hashed(tree: MemoryTree, me: Author) -> None:
    """Postgres writes numbers in its own way."""
    odd = [1e22, -0.0, 1e-7, 5e-324, 1.7976931348623157e308, 0.1, 1.0, 2**70, "é", "\u2028", True]
    await put(tree, me, "ada", odd=odd, nested={"z": {"b": 1, "a": [{}]}})

    body = (await ask(tree, me, GetDocument(**ADA)))["body"]

    assert canonical(body) == canonical(as_body({"odd": odd, "nested": {"z": {"b": 1, "a": [{}]}}}))
    assert body["odd"] == odd
    assert (await ask(tree, me, VerifyDocument(**ADA)))["broken_at"] is None
    assert json.dumps(body["odd"][6]) == "1.0"
