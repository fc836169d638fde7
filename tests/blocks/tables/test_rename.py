import pandas as pd
import pytest

from persistentai_lab.blocks.tables import rename
from persistentai_lab.errors import NodeError

TABLE = pd.DataFrame({"a": [1], "b": [2]})


def test_two_columns_may_swap_their_names() -> None:
    assert list(rename(TABLE, {"a": "b", "b": "a"}).columns) == ["b", "a"]
    assert list(rename(TABLE, {}).columns) == ["a", "b"]


def test_no_two_columns_get_one_name() -> None:
    with pytest.raises(NodeError, match="More than one column is called 'b'"):
        rename(TABLE, {"a": "b"})
    with pytest.raises(NodeError, match="no column 'x'"):
        rename(TABLE, {"x": "y"})
