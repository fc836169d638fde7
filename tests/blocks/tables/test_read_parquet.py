from pathlib import Path

import pandas as pd
import pytest

from persistentai_lab.blocks.tables import from_rows, read_parquet, to_parquet
from persistentai_lab.errors import NodeError

TABLE = from_rows([{"name": "Ada", "n": 1}, {"name": "Bo", "n": None}])


def test_gives_the_columns_that_are_asked_for_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(to_parquet(TABLE))

    pd.testing.assert_frame_equal(read_parquet(str(tmp_path / "t")), TABLE)
    assert list(read_parquet(str(tmp_path / "t"), ["n", "name"]).columns) == ["n", "name"]
    with pytest.raises(NodeError, match="no column 'y'"):
        read_parquet(str(tmp_path / "t"), ["y"])


def test_a_missing_file_and_one_of_another_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("hello")

    with pytest.raises(NodeError, match="There is no file"):
        read_parquet(str(tmp_path / "none"))
    with pytest.raises(NodeError, match="is no Parquet"):
        read_parquet(str(tmp_path / "t"))


def test_an_index_with_a_name_is_a_column(tmp_path: Path) -> None:
    pd.DataFrame({"n": [1]}, index=pd.Index(["a"], name="k")).to_parquet(tmp_path / "t")

    assert list(read_parquet(str(tmp_path / "t")).columns) == ["k", "n"]
