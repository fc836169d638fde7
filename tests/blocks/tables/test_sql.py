from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from persistentai_lab.blocks.tables import duck, from_rows, sql, to_rows
from persistentai_lab.blocks.tables.duck import SqlFailed
from persistentai_lab.errors import BodyTimedOut, NodeError

TABLE = from_rows([{"k": "x", "n": 1}, {"k": "y", "n": None}, {"k": "x", "n": 3}])


def test_asks_several_tables_at_once() -> None:
    other = from_rows([{"k": "x", "name": "Ada"}])

    found = sql("SELECT name, sum(n) AS n FROM a JOIN b USING (k) GROUP BY name", TABLE, other)

    assert to_rows(found) == [{"name": "Ada", "n": 4}]
    assert to_rows(sql("SELECT count(*) AS n FROM people", TABLE, names=["people"])) == [{"n": 3}]


def test_a_value_is_put_in_as_a_parameter_never_as_text() -> None:
    evil = "x' OR 'a' = 'a"

    assert len(sql("SELECT * FROM a WHERE k = $k", TABLE, parameters={"k": evil})) == 0
    assert len(sql("SELECT * FROM a WHERE k = $k", TABLE, parameters={"k": "x"})) == 2


def test_numbers_come_as_pandas_knows_them() -> None:
    found = sql(
        "SELECT n, 1.5 AS d, 9223372036854775808::HUGEINT AS h, 3::HUGEINT AS s FROM a", TABLE
    )

    assert [str(kind) for kind in found.dtypes] == ["Int64", "float64", "float64", "int64"]


def test_a_named_index_is_a_column_of_the_query() -> None:
    grouped = pd.DataFrame({"k": ["a", "a"], "n": [1, 2]}).groupby("k").sum()

    assert to_rows(sql("SELECT k, n FROM a", grouped)) == [{"k": "a", "n": 3}]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FRM a", r"syntax error.*\(line 1, column 14\)"),
        ("SELECT\n  nope\nFROM a", r'"nope" not found.*\(line 2, column 3\)'),
        ("SELECT *\nFROM nothing", r"nothing does not exist.*\(line 2, column 6\)"),
        ("SELECT 'ä', k::INT FROM a", r"Could not convert.*\(line 1, column 14\)"),
        ("SELECT $x", "not provided"),
        ("SELECT k AS u, n AS u FROM a", "More than one column is called 'u'"),
        ("", "no single SELECT, but nothing"),
        ("-- nothing", "but nothing"),
        ("SELECT 1; SELECT 2", "but select and select"),
    ],
)
def test_a_query_that_is_wrong_is_refused_and_the_place_named(query: str, message: str) -> None:
    with pytest.raises(NodeError, match=message):
        sql(query, TABLE)


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO a VALUES ('z', 1)",
        "DELETE FROM a",
        "UPDATE a SET n = 1",
        "CREATE TABLE t AS SELECT 1",
        "DROP VIEW a",
        "COPY a TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/out.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "SELECT 1; COPY a TO '{folder}/out.csv'",
    ],
)
def test_whatever_writes_or_changes_settings_is_refused(query: str, tmp_path: Path) -> None:
    with pytest.raises(SqlFailed, match="no single SELECT"):
        sql(query.replace("{folder}", str(tmp_path)), TABLE)

    assert list(tmp_path.iterdir()) == []


secret = pd.DataFrame({"secret": [42]})


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_blob('{file}')",
        "SELECT * FROM read_json('{file}')",
        "SELECT * FROM read_parquet('{file}')",
        "SELECT * FROM sniff_csv('{file}')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM query('COPY (SELECT 1) TO ''{folder}/out.csv''')",
        "SELECT * FROM query('SELECT * FROM read_csv(''{file}'')')",
        "SELECT * FROM read_csv('http://127.0.0.1:1/x.csv')",
        "SELECT * FROM secret",
        "SELECT * FROM query_table('secret')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_secrets()",
        "WITH x AS (INSERT INTO a VALUES ('q', 1) RETURNING *) SELECT * FROM x",
        "SELECT * FROM python_arrow_scan(140000::POINTER, 1::POINTER, 1::POINTER)",
        "SELECT * FROM pandas_scan(140000::POINTER)",
    ],
)
def test_nothing_but_the_tables_can_be_reached(query: str, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret\n42\n")
    folder, file = str(tmp_path), str(tmp_path / "secret.csv")

    with pytest.raises(SqlFailed) as caught:
        sql(query.replace("{file}", file).replace("{folder}", folder), TABLE)

    assert "42" not in caught.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_a_file_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(SqlFailed, match="sees only the tables it is given"):
        sql("SELECT * FROM read_csv('/etc/passwd')")


def test_a_query_without_end_is_ended() -> None:
    with pytest.raises(BodyTimedOut, match=r"longer than 0\.2 s.*limit_s"):
        sql("SELECT count(*) FROM range(1000000000) x, range(1000000) y", limit_s=0.2)


def test_a_query_that_wants_too_much_memory_fails_in_few_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(duck.SHUT, "memory_limit", "64MB")

    with pytest.raises(SqlFailed, match=r"Out of Memory.*filter before") as caught:
        sql("SELECT list(x) AS l FROM range(2000000000) t(x)")

    assert len(str(caught.value)) < 500


def test_tables_and_names_must_agree() -> None:
    for names in (["x", "y"], [], ["x", "X"]):
        given: Any = [TABLE, TABLE] if names == ["x", "X"] else [TABLE]
        with pytest.raises(NodeError, match="shall be their names"):
            sql("SELECT 1", *given, names=names)


def test_a_million_rows_do_not_travel_as_json() -> None:
    big = pd.DataFrame({"k": np.arange(1_000_000) % 7, "x": 0.5})

    found = sql("SELECT k, sum(x) AS x FROM a GROUP BY k ORDER BY k", big)

    assert list(found["k"]) == list(range(7))
    assert found["x"].sum() == 500_000
