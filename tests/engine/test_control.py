"""Control nodes on a real worker: flows run for items, by conditions, again and again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import numbers, values
from tests.runtime import Runtime


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("control"), make_database()) as runtime:
        runtime.worker()
        yield runtime


def outcome(runtime: Runtime, drawn: pai.Flow[..., Any], **inputs: Any) -> dict[str, Any]:
    """Run a flow to its end; its outputs, or its error."""
    assert drawn.check() == []
    row = runtime.ended(runtime.start(drawn.spec, **inputs))
    if row["status"] == "failed":
        return {"error": row["error"]}
    return {name: value["json"] for name, value in row["outputs"].items()}


def test_each_item_gets_its_flow_and_results_keep_the_order(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[int], more: float) -> list[float]:
        return pai.each(ns, lambda n: numbers.add(n, more))

    assert outcome(runtime, main, ns=[3, 1, 2], more=10) == {"result": [13, 11, 12]}
    assert outcome(runtime, main, ns=[], more=10) == {"result": []}


def test_when_runs_one_branch_and_skips_the_other(runtime: Runtime) -> None:
    @pai.flow
    def main(n: int) -> str | None:
        large = values.compare(n, ">", 10)
        return pai.when(large, lambda: values.constant("large"), lambda: values.constant("small"))

    assert outcome(runtime, main, n=11) == {"result": "large"}
    assert outcome(runtime, main, n=10) == {"result": "small"}
