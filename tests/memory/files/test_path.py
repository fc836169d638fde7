"""What a file may be called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.errors import PathRefused
from persistentai_lab.memory.files.path import apart, checked, folded, folders


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "empty"),
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("a//b", "a name in it is empty"),
        ("a/", "a name in it is empty"),
        ("../x", "leads elsewhere"),
        ("a/./b", "leads elsewhere"),
        ("a\\b", "parted by `/`"),
        ("a\x00b", "control"),
        ("a\nb", "control"),
        ("a\u202etxt.exe", "direction of text"),
        ("a /b", "ends with a space"),
        ("a.", "ends with a space or a dot"),
        ("CON", "reserved"),
        ("x/nul.txt", "reserved"),
        ("a:b", "Windows"),
        ("x" * 256, "more than 255 bytes"),
        ("/".join(["x" * 100] * 11), "more than 1,024"),
        ("\ud800", "half a character"),
    ],
)
def test_what_no_disk_should_have_is_refused(path: str, why: str) -> None:
    with pytest.raises(PathRefused) as refused:
        checked(path)

    assert why in refused.value.message
    assert refused.value.remedy


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(PathRefused) as refused:
        checked("/../con.txt\\x ")

    for why in ("absolute", "leads elsewhere", "`\\`", "ends with a space"):
        assert why in refused.value.message


def test_a_path_has_one_form() -> None:
    assert checked("cafe\u0301.txt") == "caf\u00e9.txt"
    assert checked("Ünïcode/файл-档案 (1).txt") == "Ünïcode/файл-档案 (1).txt"


@pytest.mark.parametrize(
    "other",
    ["report.txt", "Rеport.txt", "Rep\u200bort.txt", "Report.txt", "REPORT.TXT"],
)
def test_names_that_look_alike_have_one_key(other: str) -> None:
    assert folded(other) == folded("Report.txt")


def test_names_that_can_be_told_apart_have_their_own() -> None:
    names = ["a.txt", "b.txt", "файл", "file", "1.txt", "l.txt", "data-1", "data_1", "日本", "日木"]

    assert len({folded(name) for name in names}) == len(names)


@given(st.text(min_size=1, max_size=40))
def test_what_is_allowed_stays_as_it_is(path: str) -> None:
    try:
        normal = checked(path)
    except PathRefused:
        return
    assert checked(normal) == normal
    assert folded(folded(normal)) == folded(normal)
    assert [folder.count("/") for folder in folders(normal)] == list(
        range(1, normal.count("/") + 1)
    )


@pytest.mark.parametrize(
    "paths",
    [("a.txt", "A.txt"), ("x/a", "X/b"), ("a", "a/b"), ("A/b/c", "a"), ("dаta/1", "data/2")],
)
def test_what_cannot_lie_side_by_side_is_refused_by_name(paths: tuple[str, ...]) -> None:
    with pytest.raises(PathRefused) as refused:
        apart(paths)

    assert all(repr(path.split("/")[0])[1:-1] in refused.value.message for path in paths)
