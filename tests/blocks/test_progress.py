"""`pai.progress`: to the run inside a run, by tqdm elsewhere."""

import subprocess
import sys

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks.progress import reporting


def told(rows, **given):
    said = []
    with reporting(lambda done, total: said.append((done, total))):
        seen = list(pai.progress(rows, **given))
    return seen, said


def test_a_body_tells_its_run_how_far_it_is():
    seen, said = told(["a", "b", "c"])

    assert seen == ["a", "b", "c"]
    assert said[0] == (0, 3)
    assert said[-1] == (3, 3)


def test_a_fast_loop_says_little():
    _, said = told(range(100_000))

    assert said[-1] == (100_000, 100_000)
    assert len(said) < 1000


def test_what_has_no_length_says_how_many_there_were():
    assert told(iter("ab"))[1] == [(0, None), (2, 2)]
    assert told(iter("ab"), total=4)[1] == [(0, 4), (2, 4)]


def test_loop_that_is_left_early_stays_where_it_was():
    said = []
    with reporting(lambda done, total: said.append(done)):
        for row in pai.progress(range(10)):
            if row == 3:
                break

    assert said[-1] < 10


def test_reporting_ends_with_the_body():
    told([1])

    with reporting(lambda *_: pytest.fail("another body")):
        pass
    assert list(pai.progress([1, 2], disable=True)) == [1, 2]


def test_outside_a_run_it_is_tqdm():
    code = "import persistentai_lab as pai\nprint([*pai.progress([1, 2], desc='rows')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[1, 2]\n"
    assert "rows: 100%" in done.stderr
    assert "2/2" in done.stderr
