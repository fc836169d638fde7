"""Blocks of tables work together in a flow, a person's own among them, in pandas or in polars."""

import asyncio

import pandas as pd
import polars as pl

import persistentai_lab as pai
from persistentai_lab.blocks import plots, tables
from persistentai_lab.flow.values import Image, Table
from tests.inprocess import evaluate


@pai.block(effect="pure")
def in_polars(table: pl.DataFrame) -> pl.DataFrame:
    """Work on it as polars has it."""
    return table.with_columns(pl.col("mass_g_mean").round(0).cast(pl.Int64))


@pai.block(effect="pure")
def in_pandas(table: pd.DataFrame) -> pd.DataFrame:
    """Work on it as pandas has it, and leave the names in the index."""
    return table.set_index("species")


@pai.block(effect="pure")
def words_of(image: Image) -> str:
    """What the image says of itself."""
    return str(image.info["Description"])


@pai.block(effect="pure")
def longer(table: Table, by: int) -> Table:
    """Typed by its name alone."""
    return pd.concat([table] * by)


@pai.flow
def heaviest(path: str) -> dict[str, object]:
    penguins = tables.filter(tables.read_csv(path), "sex", None, compare="!=")
    masses = tables.group(
        tables.rename(penguins, {"body_mass_g": "mass_g"}), "species", {"mass_g": "mean"}
    )
    islands = tables.group(penguins, ["species", "island"])
    joined = tables.join(islands, in_pandas(in_polars(masses)), "species")
    found = tables.sql(
        "SELECT species, mass_g_mean AS mass, count(*) AS islands FROM a GROUP BY ALL ORDER BY 2",
        longer(joined.table, 1),
    )
    return {
        "rows": tables.to_rows(found),
        "alone": tables.to_rows(joined.left_alone),
        "chart": words_of(plots.bar(found, "species", "mass")),
    }


def test_from_a_file_to_rows_and_a_chart() -> None:
    assert heaviest.check() == []

    outputs = asyncio.run(
        evaluate(
            heaviest.spec,
            {"path": "pai:penguins.csv"},
            blocks={one.name: one for one in (in_polars, in_pandas, words_of, longer)},
        )
    )

    assert outputs == {
        "rows": [
            {"species": "Adelie", "mass": 3706, "islands": 3},
            {"species": "Chinstrap", "mass": 3733, "islands": 1},
            {"species": "Gentoo", "mass": 5092, "islands": 1},
        ],
        "alone": [],
        "chart": "Bar chart of mass by species. 3 bars. mass: from 3706 (Adelie) to 5092 (Gentoo).",
    }
