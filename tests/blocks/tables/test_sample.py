import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.blocks.tables import sample


@given(st.integers(0, 30), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_draws_each_row_at_most_once_and_keeps_their_order(
    rows: int, count: int, seed: int
) -> None:
    drawn = list(sample(pd.DataFrame({"n": range(rows)}), count, seed=seed)["n"])

    assert len(drawn) == min(rows, count)
    assert drawn == sorted(set(drawn))


def test_the_seed_says_which_rows() -> None:
    table = pd.DataFrame({"n": range(1000)})
    drawn = [list(sample(table, 10, seed=seed)["n"]) for seed in (1, 1, 2)]

    assert drawn[0] == drawn[1] != drawn[2]
