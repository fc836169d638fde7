import pandas as pd
import pytest

from persistentai_lab.blocks.tables import select
from persistentai_lab.errors import NodeError

TABLE = pd.DataFrame({"a": [1], "b": [2], "c": [3]})


def test_one_or_several_kept_or_dropped() -> None:
    assert list(select(TABLE, "b").columns) == ["b"]
    assert list(select(TABLE, ["c", "a", "c"]).columns) == ["c", "a"]
    assert list(select(TABLE, ["c"], drop=True).columns) == ["a", "b"]
    assert len(select(TABLE, [])) == 1


def test_columns_that_are_not_there_are_all_named_with_those_that_are() -> None:
    with pytest.raises(NodeError, match=r"no columns 'x', 'y'.*There is: 'a', 'b', 'c'"):
        select(TABLE, ["x", "a", "y"])
    with pytest.raises(NodeError, match="There is: none at all"):
        select(pd.DataFrame(), "x")


def test_not_all_of_a_thousand_columns_are_named() -> None:
    with pytest.raises(NodeError, match="and 970 more") as caught:
        select(pd.DataFrame({f"c{n}": [n] for n in range(1000)}), "x")

    assert len(str(caught.value)) < 400
