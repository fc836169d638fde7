"""`pai.each` over tables, and over batches of rows or items, on a real worker."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import persistentai_lab as pai
from persistentai_lab.blocks import lists, objects, tables, values
from persistentai_lab.flow.values import Table
from tests.ledger import Ledger
from tests.ledger_blocks import look
from tests.runtime import Runtime, until

ROWS = [{"name": f"p{n}", "mass": n} for n in range(2_500)]


@pytest.fixture(scope="module")
def runtime(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str]
) -> Iterator[Runtime]:
    with Runtime(tmp_path_factory.mktemp("rows"), make_database()) as runtime:
        runtime.worker()
        yield runtime


def result(runtime: Runtime, drawn: pai.Flow[..., Any], **inputs: Any) -> Any:
    assert drawn.check() == []
    row = runtime.ended(runtime.start(drawn.spec, **inputs))
    assert row["status"] == "completed", row["error"]
    return row["outputs"]["result"]["json"]


def test_each_row_of_a_table_is_an_item_in_order(runtime: Runtime) -> None:
    @pai.flow
    def main(rows: list[dict[str, Any]]) -> Any:
        table = tables.from_rows(rows)
        return pai.each(table, lambda row: objects.get(row, "name"))

    rows = [{"name": "Ada", "mass": 1.5}, {"name": "Bo", "mass": None}, {"name": "Cy", "mass": 2}]
    assert result(runtime, main, rows=rows) == ["Ada", "Bo", "Cy"]
    assert result(runtime, main, rows=[{"name": "x"}]) == ["x"]


def test_a_flow_gets_so_many_rows_at_a_time(runtime: Runtime) -> None:
    @pai.flow
    def main(given: list[dict[str, Any]]) -> Any:
        def sizes(batch: list[dict[str, Any]]) -> Any:
            return lists.length(batch)

        return pai.each(tables.from_rows(given), sizes, rows=1_000)

    assert result(runtime, main, given=ROWS) == [1_000, 1_000, 500]


def test_of_a_table_a_flow_may_get_tables(runtime: Runtime) -> None:
    @pai.flow
    def main(given: list[dict[str, Any]]) -> Any:
        def last(part: Table) -> Any:
            return tables.to_rows(tables.sort(part, "mass", descending=True), 1_000)

        first = pai.each(tables.from_rows(given), last, rows=900)
        return lists.length(first)

    assert result(runtime, main, given=ROWS) == 3


def test_so_many_items_of_a_list_at_a_time(runtime: Runtime) -> None:
    @pai.flow
    def main(ns: list[int]) -> Any:
        return pai.each(ns, lambda batch: lists.length(batch), rows=2)

    assert result(runtime, main, ns=[1, 2, 3]) == [2, 1]
    assert result(runtime, main, ns=[]) == []


def test_too_many_rows_are_refused_with_what_to_do(runtime: Runtime) -> None:
    @pai.flow
    def main(given: list[dict[str, Any]]) -> Any:
        return pai.each(tables.from_rows(given), lambda row: objects.get(row, "name"))

    row = runtime.ended(runtime.start(main.spec, given=[{"name": "x"}] * 10_001))
    assert row["error"]["code"] == "fan_out_too_large"
    assert "rows" in row["error"]["remedy"]


def test_rows_that_are_recorded_are_not_run_again(
    tmp_path_factory: pytest.TempPathFactory, make_database: Callable[[], str], ledger: Ledger
) -> None:
    @pai.flow
    def main(given: list[dict[str, Any]], address: str) -> Any:
        return pai.each(
            tables.from_rows(given),
            lambda row: look(address, values.cast(objects.get(row, "name"), "string")),
            at_once=1,
        )

    with Runtime(tmp_path_factory.mktemp("killed"), make_database()) as runtime:
        worker = runtime.worker()
        ledger.hold("b")
        run = runtime.start(main.spec, given=[{"name": it} for it in "abc"], address=ledger.address)
        until(lambda: ledger.counts()["b"], "the second row is under way")
        worker.kill()
        worker.wait()
        ledger.release()
        runtime.worker()

        assert runtime.ended(run)["outputs"]["result"]["json"] == ["a", "b", "c"]
        assert ledger.counts() == {"a": 1, "b": 2, "c": 1}


def test_outside_of_a_run_it_is_plain_python() -> None:
    import pandas as pd

    frame = pd.DataFrame({"n": [1, 2, 3]})
    assert pai.each(frame, lambda row: row["n"]) == [1, 2, 3]
    assert pai.each(frame, len, rows=2) == [2, 1]
    assert pai.each([1, 2, 3], sum, rows=2) == [3, 3]
