import pandas as pd
import pytest

from persistentai_lab.blocks.tables import drop_missing
from persistentai_lab.errors import NodeError

TABLE = pd.DataFrame({"n": [1.0, None, None], "s": ["a", "b", None]})


def test_leaves_rows_out_where_any_or_all_are_missing() -> None:
    assert list(drop_missing(TABLE)["s"]) == ["a"]
    assert list(drop_missing(TABLE, how="all")["s"]) == ["a", "b"]
    assert len(drop_missing(TABLE, "s")) == 2
    assert len(drop_missing(TABLE, [])) == 3


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(NodeError, match="no column 'x'"):
        drop_missing(TABLE, "x")
