import pandas as pd
import pytest

from persistentai_lab.blocks.tables import to_rows, unpivot
from persistentai_lab.errors import NodeError

WIDE = pd.DataFrame({"k": ["a", "b"], "x": [1, 2], "y": [3.5, None], "s": ["t", "u"]})


def test_the_cells_of_one_row_stay_together() -> None:
    assert to_rows(unpivot(WIDE, "k", ["y", "x"], name="what", value="is")) == [
        {"k": "a", "what": "y", "is": 3.5},
        {"k": "a", "what": "x", "is": 1},
        {"k": "b", "what": "y", "is": None},
        {"k": "b", "what": "x", "is": 2},
    ]


def test_nothing_to_unpivot_gives_no_rows() -> None:
    assert len(unpivot(WIDE, ["k", "x", "y", "s"])) == 0
    assert len(unpivot(WIDE.head(0), "k", ["x"])) == 0


def test_columns_of_different_kinds_are_refused() -> None:
    with pytest.raises(NodeError, match="'y' holds numbers, 's' holds text"):
        unpivot(WIDE, "k")
    with pytest.raises(NodeError, match="More than one column is called 'k'"):
        unpivot(WIDE, "k", "x", name="k")
