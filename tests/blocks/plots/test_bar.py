import threading

import pandas as pd
import PIL.Image
import pytest

from persistentai_lab.blocks.plots import bar
from persistentai_lab.blocks.plots.paper import COLOURS
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Image, decode, encode
from tests.blocks.plots.looks import counts, ink

TABLE = pd.DataFrame({"k": ["a", "b", None], "n": [1.0, 4.0, None], "m": [2, 2, 2], "s": "t"})


def test_the_image_brings_its_title_and_its_words_to_whoever_gets_it() -> None:
    image = decode(encode(bar(TABLE, "k", "n", title="Cost in $ and $"), Image), Image)

    assert isinstance(image, PIL.Image.Image)
    assert image.size == (960, 600)
    assert image.info["Title"] == "Cost in $ and $"
    assert image.info["Description"] == ("Bar chart of n by k. 3 bars. n: from 1 (a) to 4 (b).")


def test_a_longer_bar_takes_more_ink_and_each_column_its_own_colour() -> None:
    low = bar(pd.DataFrame({"k": ["a", "b"], "n": [1, 10]}), "k", "n")
    high = bar(pd.DataFrame({"k": ["a", "b"], "n": [9, 10]}), "k", "n")
    both = bar(TABLE, "k", ["n", "m"])

    assert counts(high, COLOURS[0]) > 1.5 * counts(low, COLOURS[0])
    assert counts(low, COLOURS[1]) == 0
    assert min(counts(both, colour) for colour in COLOURS[:2]) > 1000


def test_bars_may_lie_and_long_names_stay_on_the_paper() -> None:
    table = pd.DataFrame({"k": [f"a rather long name {n}" for n in range(40)], "n": range(40)})

    for horizontal in (False, True):
        drawn = ink(bar(table, "k", "n", horizontal=horizontal))
        assert drawn.any()
        assert not drawn[:, -1].any()
        assert not drawn[0].any()


def test_nothing_of_matplotlib_s_global_state_changes() -> None:
    import matplotlib
    from matplotlib import _pylab_helpers

    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 40}):
        before = dict(matplotlib.rcParams)
        image = bar(TABLE, "k", "n")
        assert dict(matplotlib.rcParams) == before

    assert image.tobytes() == bar(TABLE, "k", "n").tobytes()
    assert not _pylab_helpers.Gcf.figs


def test_can_be_drawn_off_the_main_thread() -> None:
    drawn: list[PIL.Image.Image] = []
    thread = threading.Thread(target=lambda: drawn.append(bar(TABLE, "k", "n")))
    thread.start()
    thread.join()

    assert drawn


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ("x", r"no column 'x'.*There is: 'k', 'n', 'm', 's'"),
        ("s", "holds text; a chart needs numbers"),
        ([], "nothing to draw"),
    ],
)
def test_what_cannot_be_drawn_is_refused(y: str | list[str], message: str) -> None:
    with pytest.raises(NodeError, match=message):
        bar(TABLE, "k", y)


def test_nothing_and_far_too_much_are_refused() -> None:
    with pytest.raises(NodeError, match="nothing to draw"):
        bar(TABLE.iloc[2:], "k", "n")
    with pytest.raises(NodeError, match="nothing to draw"):
        bar(TABLE.assign(n=float("inf")), "k", "n")
    with pytest.raises(NodeError, match="101 bars; 100 at most"):
        bar(pd.DataFrame({"k": range(101), "n": 1}), "k", "n")
    many = pd.DataFrame({"k": ["a"], **{f"c{n}": [1] for n in range(9)}})
    with pytest.raises(NodeError, match="9 columns of numbers; 8"):
        bar(many, "k", [f"c{n}" for n in range(9)])
