from io import BytesIO

import pandas as pd
import polars as pl
import pytest

from persistentai_lab.blocks.tables import from_rows, to_parquet
from persistentai_lab.errors import NodeError


def test_any_library_reads_what_was_written() -> None:
    data = to_parquet(from_rows([{"n": 1, "s": "a"}, {"n": None, "s": None}]))

    assert pl.read_parquet(data).rows() == [(1, "a"), (None, None)]
    assert list(pd.read_parquet(BytesIO(data)).columns) == ["n", "s"]


def test_a_column_that_mixes_kinds_is_refused() -> None:
    with pytest.raises(NodeError, match="Parquet cannot hold this table"):
        to_parquet(pd.DataFrame({"m": [1, "a"]}))
