"""Differences and merges by content: text, JSON, notebooks, tables."""

import copy
import io
import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.memory.files import diff
from persistentai_lab.memory.files.diff import documents, notebook, text

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "d\u2028e"]), max_size=12).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)
LEAF = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["x", "a/b", "~"])
DOCUMENT = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b/c", "~d", ""]), inner, max_size=4)
    ),
    max_leaves=12,
)


def patched(value: Any, operations: Any) -> Any:
    """RFC 6902, as far as it is used."""
    root = {"": copy.deepcopy(value)}
    for each in operations:
        names = [
            "",
            *(n.replace("~1", "/").replace("~0", "~") for n in each["path"].split("/")[1:]),
        ]
        place: Any = root
        for name in names[:-1]:
            place = place[int(name) if isinstance(place, list) else name]
        name = int(names[-1]) if isinstance(place, list) else names[-1]
        match each["op"]:
            case "remove":
                del place[name]
            case "add" if isinstance(place, list):
                place.insert(name, each["value"])
            case _:
                place[name] = each["value"]
    return root[""]


@given(DOCUMENT, DOCUMENT)
def test_a_patch_makes_one_document_the_other(before: Any, after: Any) -> None:
    operations = documents.patch(before, after)

    assert documents.same(patched(before, operations), after)
    assert (operations == []) == documents.same(before, after)


@pytest.mark.parametrize(("merge", "values"), [(text.merge, LINES), (documents.merge, DOCUMENT)])
def test_who_alone_has_changed_is_right(merge: Any, values: Any) -> None:
    @given(values, values)
    def holds(base: Any, changed: Any) -> None:
        for sides in ((base, changed, base), (base, base, changed), (base, changed, changed)):
            merged, conflicts = merge(*sides)
            assert documents.same(merged, changed)
            assert conflicts == []

    holds()


@given(LINES, LINES, LINES)
def test_a_merge_of_text_is_the_same_from_both_sides(base: str, ours: str, theirs: str) -> None:
    merged, conflicts = text.merge(base, ours, theirs)
    again, others = text.merge(base, theirs, ours)

    assert [c.at for c in conflicts] == [c.at for c in others]
    assert conflicts or merged == again


@given(DOCUMENT, DOCUMENT, DOCUMENT)
def test_a_merge_of_documents_conflicts_on_both_sides_or_none(b: Any, o: Any, t: Any) -> None:
    (_, one), (_, other) = documents.merge(b, o, t), documents.merge(b, t, o)

    assert bool(one) == bool(other)


def test_both_changes_of_a_text_are_merged_and_what_meets_is_told() -> None:
    base = "one\ntwo\nthree\nfour\nfive\n"
    apart = diff.merge(
        "a.txt", base.encode(), b"ONE\ntwo\nthree\nfour\nfive\n", b"one\ntwo\nthree\nfour\nFIVE\n"
    )
    meets = diff.merge(
        "a.txt", base.encode(), b"one\nzwei\nthree\nfour\nfive\n", b"one\ndeux\nthree\nfour\nfive\n"
    )

    assert apart is not None
    assert (apart.data, apart.hunks) == (b"ONE\ntwo\nthree\nfour\nFIVE\n", [])
    assert meets is not None
    assert meets.hunks == [{"at": 2, "base": ["two\n"], "ours": ["zwei\n"], "theirs": ["deux\n"]}]
    assert b"<<<" not in meets.data


def test_text_differs_by_lines() -> None:
    before = "".join(f"{n}\n" for n in range(20))

    compared = diff.compare("a.py", before.encode(), before.replace("11\n", "eleven\n").encode())

    assert compared.kind == "text"
    assert compared.details == [
        {
            "before": 9,
            "after": 9,
            "lines": [" 8", " 9", " 10", "-11", "+eleven", " 12", " 13", " 14"],
        }
    ]


def test_json_is_merged_by_pointer_and_keeps_its_look() -> None:
    base = {"name": "a", "steps": [1, 2, 3], "model": {"route": "x", "n": 1}}
    ours = {"name": "b", "steps": [1, 2, 3], "model": {"route": "x", "n": 2}}
    theirs = {"name": "a", "steps": [1, 2, 3, 4], "model": {"route": "y", "n": 3}}
    sides = [json.dumps(side, indent=2).encode() for side in (base, ours, theirs)]

    merged = diff.merge("flow.json", *sides)

    assert merged is not None
    assert merged.hunks == [{"pointer": "/model/n", "base": 1, "ours": 2, "theirs": 3}]
    merged = diff.merge("flow.json", sides[0], sides[1], sides[2].replace(b'"n": 3', b'"n": 1'))
    assert merged is not None
    assert json.loads(merged.data) == {
        "name": "b", "steps": [1, 2, 3, 4], "model": {"route": "y", "n": 2},
    }  # fmt: skip
    assert merged.data.startswith(b'{\n  "name"')


def test_json_with_nan_is_compared_as_text_and_says_why() -> None:
    compared = diff.compare("a.json", b'{"x": 1}', b'{"x": NaN}')

    assert compared.kind == "text"
    assert "NaN" in compared.why
    assert diff.merge("a.json", b"{}", b'{"x": NaN}', b"{}") is None


def cell(key: str, source: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "cell_type": "code", "source": source, "metadata": {}, "outputs": [], **more}


def book(*cells: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **more}


def test_notebooks_differ_by_cells() -> None:
    before = book(cell("a", "x = 1"), cell("b", "y = 2"), cell("c", "z"))
    after = book(cell("a", "x = 1", outputs=[1]), cell("n", "new"), cell("b", "y = 3"))

    told: Any = notebook.compare(before, after)

    assert [(each["cell"], each["kind"]) for each in told["cells"]] == [
        ("a", "changed"), ("n", "added"), ("b", "changed"), ("c", "removed"),
    ]  # fmt: skip
    assert told["cells"][0] == {"cell": "a", "kind": "changed", "type": "code", "outputs": True}
    assert told["cells"][2]["hunks"][0]["lines"] == ["-y = 2", "+y = 3"]


def test_notebooks_are_merged_by_cells_and_outputs_never_conflict() -> None:
    base = book(cell("a", "x = 1\n\nz = 1\n"), cell("b", "y"))
    ours = book(cell("a", "x = 2\n\nz = 1\n", outputs=["2"]), cell("b", "y"), cell("o", "ours"))
    theirs = book(cell("a", "x = 1\n\nz = 3\n", outputs=["3"]), cell("b", "y"), cell("t", "theirs"))

    merged, conflicts = notebook.merge(base, ours, theirs)

    assert conflicts == []
    assert [(c["id"], notebook.source(c)) for c in merged["cells"]] == [
        ("a", "x = 2\n\nz = 3\n"), ("b", "y"), ("o", "ours"), ("t", "theirs"),
    ]  # fmt: skip
    assert merged["cells"][0]["outputs"] == []


def test_a_cell_that_both_changed_or_one_removed_is_a_conflict() -> None:
    base = book(cell("a", "one"), cell("b", "two"))

    _, both = notebook.merge(
        base, book(cell("a", "1"), cell("b", "two")), book(cell("a", "I"), cell("b", "two"))
    )
    _, gone = notebook.merge(base, book(cell("a", "one")), book(cell("a", "one"), cell("b", "II")))

    assert [c.pointer for c in both] == ["/cells/a/source"]
    assert [c.pointer for c in gone] == ["/cells/b"]


def test_tables_differ_by_rows_columns_and_cells() -> None:
    before = pd.DataFrame({"id": [1, 2, 3], "name": ["a", "b", "c"], "n": [1.0, None, 3.0]})
    after = pd.DataFrame(
        {"id": [3, 2, 4], "name": ["c", "B", "d"], "n": [3.0, None, 4.0], "new": 0}
    )
    for path, written in (("t.csv", _csv), ("t.parquet", _parquet)):
        compared = diff.compare(path, written(before), written(after))
        told: Any = compared.details

        assert compared.kind == "table", compared.why
        assert told["key"] == "id"
        assert told["columns"] == {"added": ["new"], "removed": [], "retyped": []}
        assert told["rows"] == {"before": 3, "after": 3, "added": 1, "removed": 1, "changed": 1}
        assert told["changed"] == [{"row": 2, "column": "name", "before": "b", "after": "B"}]
        assert told["added"] == [{"id": 4, "name": "d", "n": 4.0, "new": 0}]
        assert told["removed"] == [{"id": 1, "name": "a", "n": 1.0}]
        json.dumps(told, allow_nan=False)


def test_a_broken_table_is_compared_as_what_it_is() -> None:
    compared = diff.compare("t.parquet", b"\x00\xff", b"\x01\xff")

    assert compared.kind == "bytes"
    assert "can't be read as table" in compared.why


def test_binary_is_never_merged_by_lines() -> None:
    assert diff.merge("a.txt", b"\xff", b"\xfe", b"\xfd") is None
    assert diff.merge("a.txt", b"a", b"a\0b", b"c") is None
    assert diff.compare("a.txt", b"a\0", b"b\0").kind == "bytes"


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def _parquet(table: pd.DataFrame) -> bytes:
    table.to_parquet(out := io.BytesIO())
    return out.getvalue()
