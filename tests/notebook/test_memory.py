"""`pai.memory` in a cell: a tree that Lab draws by itself, and words for who only reads."""

import pytest

from persistentai_lab.errors import Unavailable
from persistentai_lab.notebook import memory as module
from persistentai_lab.widgets.mime import MEMORY


class _Answer:
    def json(self) -> dict:
        return {"layers": [{"layer": "feed", "count": 1200}, {"layer": "new<", "count": 0}]}


class _Runtime:
    class address:
        http = "http://here"

    def forward(self, *_: object) -> _Answer:
        return _Answer()


class _Away(_Runtime):
    def forward(self, *_: object) -> _Answer:
        raise Unavailable("The database is away.")


def test_a_cell_keeps_no_memory_but_how_much_there_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "runtime", _Runtime)

    bundle = module.memory._repr_mimebundle_()  # type: ignore[attr-defined]

    assert bundle[MEMORY] == {"version": 1}
    assert "<th>Feeds</th><td>1,200</td>" in bundle["text/html"]
    assert "new&lt;" in bundle["text/html"]
    assert bundle["text/plain"] == "<the Memory Tree of http://here>"


def test_a_runtime_that_is_away_is_told_and_the_tree_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "runtime", _Away)

    bundle = module.memory._repr_mimebundle_()  # type: ignore[attr-defined]

    assert MEMORY in bundle
    assert "did not answer" in bundle["text/html"]
