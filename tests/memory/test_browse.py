"""The tree as people look through it: all layers, now and at any moment."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from persistentai_lab.errors import NotInMemory
from persistentai_lab.flow.payload import Payload
from persistentai_lab.memory.author import Author
from persistentai_lab.memory.feed.asks import Append, Forget
from persistentai_lab.memory.files.asks import CommitFiles, Delete, Put
from persistentai_lab.memory.files.media import media_type_of
from persistentai_lab.memory.knowledge.asks import AddFact, Remember
from persistentai_lab.memory.knowledge.model import Source
from persistentai_lab.memory.records.asks import DeleteDocument, PutDocument, PutRecord
from persistentai_lab.storage.browse import Browse
from persistentai_lab.storage.browse.model import LAYERS
from persistentai_lab.storage.memory import MemoryTree

pytestmark = pytest.mark.anyio


@pytest.fixture
def browse(tree: MemoryTree) -> Browse:
    return Browse(tree._pool, tree.files)


async def put(tree: MemoryTree, me: Author, path: str, content: bytes | str) -> datetime:
    """Write a file; returns a moment after it."""
    data = content.encode() if isinstance(content, str) else content
    kept = await tree.files.keep(me, Payload(data, media_type_of(path)))
    change = Put(path=path, sha256=kept.sha256, media_type=kept.media_type)
    await tree.write(me, CommitFiles(changes=(change,), message=f"wrote {path}"))
    return await moment()


async def moment() -> datetime:
    """Later than what was, and earlier than what will be."""
    await asyncio.sleep(0.002)
    now = datetime.now(UTC)
    await asyncio.sleep(0.002)
    return now


async def test_feeds_stand_in_folders_and_entries_under_them(
    browse: Browse, tree: MemoryTree, me: Author
) -> None:
    await tree.write(me, Append(feed="room/a", body={"text": "Hello\nyou"}))
    then = await moment()
    await tree.write(me, Append(feed="room/a", body="bye"), Append(feed="log", body=1))

    top = await browse.page(me, "feed", "")
    room = await browse.page(me, "feed", "room/")
    entries = await browse.page(me, "feed", "room/a")
    before = await browse.page(me, "feed", "room/a", at=then)
    (feed, *_) = await browse.heads(me, then)

    assert [(item.id, item.kind, item.count) for item in top.items] == [
        ("room/", "folder", 1), ("log", "group", 1),
    ]  # fmt: skip
    assert [(item.id, item.count) for item in room.items] == [("room/a", 2)]
    assert [(item.id, item.about) for item in entries.items] == [
        ("room/a//2", "bye"), ("room/a//1", "Hello you"),
    ]  # fmt: skip
    assert [item.id for item in before.items] == ["room/a//1"]
    assert (await browse.page(me, "feed", "", at=then)).items[0].id == "room/"
    assert feed.count == 1
    entry = await browse.entry(me, "feed", "room/a//1")
    assert entry.shown
    assert entry.shown.value == {"text": "Hello\nyou"}
    with pytest.raises(NotInMemory, match="entry 2"):
        await browse.entry(me, "feed", "room/a//2", at=then)


async def test_what_was_erased_says_so(browse: Browse, tree: MemoryTree, me: Author) -> None:
    await tree.write(me, Append(feed="a", body="secret"))
    await tree.write(me, Forget(feed="a", seqs=(1,), reason="private"))

    page = await browse.page(me, "feed", "a")
    entry = await browse.entry(me, "feed", "a//1")

    assert [item.about for item in page.items] == ["erased #1: private", "erased"]
    assert entry.shown
    assert entry.shown.kind == "none"
    assert "Erased" in entry.shown.about
    assert (await browse.search(me, "secret"))["feed"] == []


async def test_pages_of_a_feed_join_without_a_gap(
    browse: Browse, tree: MemoryTree, me: Author
) -> None:
    await tree.write(me, *(Append(feed="a", body=n) for n in range(7)))

    seen, after = [], ""
    while True:
        page = await browse.page(me, "feed", "a", after=after, limit=3)
        seen += [item.name for item in page.items]
        if page.next is None:
            break
        after = page.next

    assert seen == [f"#{n}" for n in range(7, 0, -1)]


async def test_files_are_shown_as_what_they_are(
    browse: Browse, tree: MemoryTree, me: Author
) -> None:
    await put(tree, me, "a/t.csv", "name,n\nada,1\nbob,2\n")
    await put(tree, me, "a/o.json", json.dumps({"n": [1]}))
    await put(tree, me, "a/bad.json", '{"n": NaN}')
    await put(tree, me, "a/b.bin", b"\0\1")
    await put(tree, me, "a/n.ipynb", json.dumps({"cells": [], "nbformat": 4}))
    await put(tree, me, "a/long.txt", "ä" * 150_000)
    await put(tree, me, "a/p.png", b"\x89PNG")

    async def kind(name: str) -> str:
        entry = await browse.entry(me, "files", f"main/a/{name}")
        assert entry.shown
        return entry.shown.kind

    names = ("t.csv", "o.json", "bad.json", "b.bin", "n.ipynb", "long.txt", "p.png")
    assert [await kind(name) for name in names] == [
        "table", "json", "text", "bytes", "notebook", "text", "image",
    ]  # fmt: skip
    table = (await browse.entry(me, "files", "main/a/t.csv")).shown
    assert table
    assert (table.columns, table.rows[1]) == (["name", "n"], ["bob", "2"])
    long = (await browse.entry(me, "files", "main/a/long.txt")).shown
    assert long
    assert not long.is_whole
    assert set(long.text or "") == {"ä"}


async def test_a_parquet_file_shows_its_first_rows_and_a_broken_one_says_so(
    browse: Browse, tree: MemoryTree, me: Author
) -> None:
    import pandas as pd

    data = pd.DataFrame({"n": range(1_000)}).to_parquet()
    await put(tree, me, "a.parquet", data)
    await put(tree, me, "b.parquet", b"PAR1nonsense")

    good = (await browse.entry(me, "files", "main/a.parquet")).shown
    bad = (await browse.entry(me, "files", "main/b.parquet")).shown

    assert good
    assert good.kind == "table"
    assert good.about == "1,000 rows × 1 columns"
    assert len(good.rows) == 500
    assert not good.is_whole
    assert bad
    assert bad.kind == "bytes"
    assert "can’t be read" in bad.about


async def test_a_file_has_all_its_versions_and_its_past(
    browse: Browse, tree: MemoryTree, me: Author
) -> None:
    first = await put(tree, me, "notes/a.md", "one")
    await put(tree, me, "notes/a.md", "two")
    await tree.write(me, CommitFiles(changes=(Delete(path="notes/a.md"),)))
    gone_at = await moment()
    await put(tree, me, "notes/a.md", "three")

    versions = await browse.versions(me, "files", "main/notes/a.md")
    texts = []
    for version in versions:
        if not version.is_gone:
            entry = await browse.entry(me, "files", "main/notes/a.md", version=version.version)
            texts.append(entry.shown and entry.shown.text)

    assert [version.is_gone for version in versions] == [False, True, False, False]
    assert texts == ["three", "two", "one"]
    assert (await browse.page(me, "files", "main/notes/", at=gone_at)).items == []
    assert [item.id for item in (await browse.page(me, "files", "", at=first)).items] == [
        "main/notes/"
    ]
    assert [head.count for head in await browse.heads(me, gone_at)][1] == 0
    assert [head.count for head in await browse.heads(me)][1] == 1


async def test_a_mark_changes_with_its_layer_and_times_tell_when(
    browse: Browse, tree: MemoryTree, me: Author
) -> None:
    def marks(heads: list) -> dict[str, str]:
        return {head.layer: head.mark for head in heads}

    await tree.write(me, Append(feed="a", body=1))
    before = marks(await browse.heads(me))
    await put(tree, me, "a.txt", "x")
    after = marks(await browse.heads(me))
    times = await browse.times(me, stretches=10)

    assert {layer for layer in before if before[layer] != after[layer]} == {"files"}
    assert sum(count for _, count, _ in times.stretches["feed"]) == 1
    assert all(0 <= n < 10 for told in times.stretches.values() for n, _, _ in told)


async def test_nobody_sees_another_workspace(
    browse: Browse, tree: MemoryTree, me: Author, request: pytest.FixtureRequest
) -> None:
    other = Author(type(me.workspace)("elsewhere"), "eve", "eve")
    await tree.write(me, Append(feed="private", body="word"))
    await put(tree, me, "private.txt", "word")

    assert [head.count for head in await browse.heads(other)] == [0] * len(await browse.heads(me))
    for layer in LAYERS:
        assert (await browse.page(other, layer, "")).items == []
    assert not any((await browse.search(other, "private")).values())
    with pytest.raises(NotInMemory):
        await browse.entry(other, "feed", "private//1")


async def test_records_stand_in_folders_and_collections_and_have_a_past(
    browse: Browse, tree: MemoryTree, me: Author
) -> None:
    await tree.write(me, PutRecord(key="settings/theme", value="dark"))
    await tree.write(me, PutDocument(collection="people", id="ada", body={"n": 1}))
    then = await moment()
    await tree.write(me, PutDocument(collection="people", id="ada", body={"n": 2}))
    await tree.write(me, DeleteDocument(collection="people", id="ada"))

    top = await browse.page(me, "records", "")
    keys = await browse.page(me, "records", "k/settings/")
    before = await browse.page(me, "records", "d/people", at=then)
    past = await browse.entry(me, "records", "d/people/ada", at=then)

    assert [(item.id, item.count) for item in top.items] == [("k/", 1), ("d/people", 0)]
    assert [(item.id, item.about) for item in keys.items] == [("k/settings/theme", '"dark"')]
    assert (await browse.page(me, "records", "d/people")).items == []
    assert [item.id for item in before.items] == ["d/people/ada"]
    assert past.shown
    assert past.shown.value == {"n": 1}
    versions = await browse.versions(me, "records", "d/people/ada")
    assert [version.is_gone for version in versions] == [True, False, False]
    assert (await browse.entry(me, "records", "k/settings/theme")).title == "settings/theme"
    assert (await browse.entry(me, "records", "d/people")).what == "collection"


async def test_a_fact_leads_to_its_source_and_to_what_was_known_before(
    browse: Browse, tree: MemoryTree, me: Author
) -> None:
    source = Source(kind="file", ref="cv.md", version="abc", place="page 2")
    await tree.write(me, Remember(text="Ada prefers tea.", thread="room/a"))
    await tree.write(me, AddFact(subject="Ada", predicate="lives_in", object="Paris"))
    then = await moment()
    await tree.write(
        me,
        AddFact(
            subject="Ada", predicate="lives_in", object="Rome", replaces=True, source=source
        ),
    )  # fmt: skip

    (now,) = (await browse.page(me, "knowledge", "s/Ada")).items
    (before,) = (await browse.page(me, "knowledge", "s/Ada", at=then)).items
    fact = await browse.entry(me, "knowledge", now.id)
    versions = await browse.versions(me, "knowledge", now.id)
    (text,) = (await browse.page(me, "knowledge", "t/room/a")).items
    found = await browse.search(me, "tea")

    assert [item.id for item in (await browse.page(me, "knowledge", "")).items] == ["s/", "t/"]
    assert (now.about, before.about) == ("Rome", "Paris")
    link = fact.links[0]
    assert (link.layer, link.id, link.version) == ("files", "main/cv.md", "abc")
    assert [version.what for version in versions] == ["Rome", "Paris (closed)"]
    assert (await browse.entry(me, "knowledge", text.id)).links[0].id == "t/room/a"
    assert [item.id for item in found["knowledge"]] == [text.id]


@pytest.mark.parametrize(
    ("source", "leads_to"),
    [
        (Source(kind="feed", ref="room/a", version="7"), ("feed", "room/a//7")),
        (Source(kind="file", ref="cv.md", version="abc"), ("files", "main/cv.md")),
        (Source(kind="record", ref="settings/a"), ("records", "k/settings/a")),
        (Source(kind="run", ref="r-1", version="p1/say"), ("history", "r-1/p1/say")),
    ],
    ids=lambda each: each.kind if isinstance(each, Source) else "",
)
async def test_a_fact_is_followed_to_where_it_was_learned(
    browse: Browse, tree: MemoryTree, me: Author, source: Source, leads_to: tuple[str, str]
) -> None:
    await tree.write(me, AddFact(subject="Ada", predicate="likes", object="tea", source=source))

    (fact,) = (await browse.page(me, "knowledge", "s/Ada")).items
    link = (await browse.entry(me, "knowledge", fact.id)).links[0]

    assert (link.layer, link.id) == leads_to
