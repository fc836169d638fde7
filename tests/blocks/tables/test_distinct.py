import pandas as pd
import pytest

from persistentai_lab.blocks.tables import distinct
from persistentai_lab.errors import NodeError


def test_keeps_the_first_and_counts_missing_values_as_the_same() -> None:
    table = pd.DataFrame({"k": ["a", None, "a", None], "n": [1, 2, 3, 2]})

    assert list(distinct(table)["n"]) == [1, 2, 3]
    assert list(distinct(table, "k")["n"]) == [1, 2]
    assert len(distinct(pd.DataFrame())) == 0


def test_lists_are_refused() -> None:
    with pytest.raises(NodeError, match="Column 'l' holds lists"):
        distinct(pd.DataFrame({"l": [[1], [1]]}))
