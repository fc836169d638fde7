import pandas as pd

from persistentai_lab.blocks.tables import head

TABLE = pd.DataFrame({"n": range(10)})


def test_takes_what_there_is() -> None:
    assert list(head(TABLE, 3)["n"]) == [0, 1, 2]
    assert list(head(TABLE, 3, skip=8)["n"]) == [8, 9]
    assert len(head(TABLE, 0)) == len(head(TABLE, 5, skip=99)) == 0
    assert len(head(TABLE, 10**12)) == 10
    assert list(head(TABLE, 2, skip=4).index) == [0, 1]
