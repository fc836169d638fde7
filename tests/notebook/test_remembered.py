"""What memory tells is a table in a cell; every other list is what it was."""

from datetime import UTC, datetime

import pytest
from IPython.core.interactiveshell import InteractiveShell

from persistentai_lab.memory.feed.model import Break, Verdict
from persistentai_lab.memory.files.model import Commit, Conflict, Difference, Merged, Stat
from persistentai_lab.memory.history.model import Use
from persistentai_lab.memory.knowledge.context import Context, Piece
from persistentai_lab.memory.knowledge.model import Chunk, Hit, Reason, Recalled, Source
from persistentai_lab.notebook.remembered import teach_ipython

AT = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def shell():
    shell = InteractiveShell.instance()
    teach_ipython()
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def html(shell):
    def shown(what: object) -> str | None:
        data, _ = shell.display_formatter.format(what)
        return data.get("text/html")

    return shown


def chunk(text: str | None) -> Chunk:
    return Chunk(
        id=7, thread="survey", position=1, kind="note", text=text, tokens=9,
        source=Source(kind="feed", ref="room/a", version="12"), trust="person",
        said_at=AT, recorded_at=AT, owner="ada", caller="ada",
    )  # fmt: skip


def commit(**more: object) -> Commit:
    return Commit(id="c" * 64, branch="main", at=AT, owner="ada", caller="ada", **more)


def test_a_hit_says_where_it_is_from_and_how_it_was_found(html) -> None:
    why = (Reason(by="meaning", rank=2, score=0.4), Reason(by="words", rank=1, score=0.9))
    found = Recalled(hits=(Hit(chunk=chunk("<b>x</b>"), score=0.5, why=why),), model=None)

    shown = html(found)

    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "feed room/a @ 12" in shown
    assert "meaning #2, words #1" in shown
    assert [hit.text for hit in found] == ["<b>x</b>"]
    assert (len(found), found[0].chunk.id) == (1, 7)


def test_nothing_that_fits_is_said_in_words(html) -> None:
    assert "Nothing fits." in html(Recalled(hits=(), model=None))


def test_a_column_in_which_nothing_stands_is_left_out(html) -> None:
    shown = html([commit(message="First"), commit(message="Second")])

    assert ">Message<" in shown
    assert shown.count("<th ") == 4, "no kind: both are plain commits"
    assert html([commit(kind="merge")]).count("<th ") == 4, "no message"


def test_what_is_erased_is_told_as_erased(html) -> None:
    assert "erased" in html([chunk(None)])


def test_cells_of_a_table_are_compared_as_rows(html) -> None:
    details = {
        "key": "island", "columns": {"added": ["sex"], "removed": [], "retyped": []},
        "added": [{"island": "Dream"}], "removed": [],
        "changed": [{"row": "Biscoe", "column": "nests", "before": 4, "after": None}],
    }  # fmt: skip

    shown = html(Difference(path="a.csv", kind="table", details=details))

    for word in ("Biscoe", "nests", ">4<", "column added", "sex", "row added", "Dream"):
        assert word in shown


def test_lines_of_a_text_are_compared_as_lines(html) -> None:
    details = [{"before": 1, "after": 1, "lines": [" a", "-b", "+<c>"]}]

    assert " a\n-b\n+&lt;c&gt;" in html(Difference(path="a.md", kind="text", details=details))


def test_a_conflict_shows_both_sides(html) -> None:
    hunk = {"at": 3, "base": ["Dream,56\n"], "ours": ["Dream,57\n"], "theirs": ["Dream,58\n"]}
    conflict = Conflict(path="nests.csv", hunks=[hunk])

    for shown in (html(Merged(conflicts=[conflict])), html([conflict])):
        assert all(f"Dream,{nests}" in shown for nests in (56, 57, 58))


def test_a_chain_that_breaks_says_where(html) -> None:
    broken = Verdict(feed="a", seq=2, hash="h", erased=0, broken=Break(seq=2, what="is another"))

    assert "Broken at 2: is another" in html(broken)
    assert "5 links hold, 1 of them erased" in html(Verdict(feed="a", seq=5, hash="h", erased=1))


def test_a_piece_of_context_says_why_it_is_there(html) -> None:
    piece = Piece(
        layer="recent", text="Hello", source=Source(kind="feed", ref="a", version="1"),
        trust="person", why="the last entry", place=1, rank=1, tokens=3,
    )  # fmt: skip
    context = Context(pieces=(piece,), left_out=(), tokens=15, budget=100, text="")

    assert "the last entry" in html(context)
    assert "15 of 100 tokens" in html(context)


def test_who_used_a_file_is_told_by_step(html) -> None:
    use = Use(
        run="r-1", flow="weigh", path="p1/read", node="read", attempt=1, layer="files",
        target="main/a.csv", version="v" * 64, mode="read", at=AT,
    )  # fmt: skip

    assert "read it" in html([use])


@pytest.mark.parametrize("other", [[], [1, 2], [Stat(path="a"), 1], ["a"]])
def test_any_other_list_is_shown_as_it_was(html, other: list[object]) -> None:
    assert html(other) is None
