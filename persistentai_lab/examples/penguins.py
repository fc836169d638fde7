"""What the penguins of the Palmer Archipelago weigh: the first flow, on real data.

Two branches count and describe them, while three others take their time to find out how sure one
can be of the mean mass of each species.
"""

from statistics import fmean
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

import persistentai_lab as pai
from persistentai_lab.blocks import LENT, Context, csv, lists, statistics, text
from persistentai_lab.errors import NodeError

Rows = list[dict[str, Any]]
_PORTIONS = 20


class Interval(TypedDict):
    """Where the mean of a group lies, with 95 % confidence."""

    species: str
    penguins: int
    mean: float
    low: float
    high: float


@pai.block(effect="pure")
def complete(rows: Rows, columns: list[str]) -> Rows:
    """Keep the rows in which none of these columns is missing.

    Args:
        rows: One object a row.
        columns: Names of the columns that must have a value.
    """
    return [row for row in rows if all(row.get(name) is not None for name in columns)]


@pai.block(effect="pure")
def census(rows: Rows, down: str, across: str) -> Rows:
    """Count rows by two columns.

    Args:
        rows: One object a row.
        down: Column whose values become rows.
        across: Column whose values become columns.
    """
    names = sorted({str(row[across]) for row in rows})
    counts = {str(row[down]): dict.fromkeys(names, 0) for row in rows}
    for row in rows:
        counts[str(row[down])][str(row[across])] += 1
    return [{down: value, **counts[value]} for value in sorted(counts)]


@pai.block(title="Bootstrap the mean")
async def bootstrap(
    rows: Rows,
    species: str,
    column: str = "body_mass_g",
    *,
    seconds: Annotated[float, Field(ge=0, le=600)] = 0.0,
    resamples: Annotated[int, Field(ge=100, le=20_000)] = 2000,
    ctx: Context = LENT,
) -> Interval:
    """Find a 95 % confidence interval for a mean, by drawing the sample anew many times.

    The random numbers belong to the run: a second attempt draws the same ones.

    Args:
        rows: One object a penguin.
        species: Whose mean.
        column: Column of numbers, none missing.
        seconds: Time to take over it, so that one can watch (or pull the plug).
        resamples: How often to draw.
        ctx: Lent by the engine. Not a port.

    Returns:
        The mean and its interval, in the unit of the column.

    Raises:
        NodeError: No row is about this species.

    Source:
        Efron (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7(1).
    """
    sample = [float(row[column]) for row in rows if row["species"] == species]
    if not sample:
        raise NodeError(f"There are no penguins called {species!r}.")
    random = ctx.random
    means: list[float] = []
    for portion in range(_PORTIONS):
        share = resamples * (portion + 1) // _PORTIONS - len(means)
        means += [fmean(random.choices(sample, k=len(sample))) for _ in range(share)]
        ctx.progress(portion + 1, _PORTIONS)
        await ctx.sleep(seconds / _PORTIONS)
    means.sort()
    return Interval(
        species=species,
        penguins=len(sample),
        mean=fmean(sample),
        low=means[round(0.025 * (resamples - 1))],
        high=means[round(0.975 * (resamples - 1))],
    )


@pai.flow
def report(path: str = "pai:penguins.csv", seconds: float = 6.0) -> str:
    """Describe the penguins: where they live, how large they are, and how sure that is.

    Args:
        path: A CSV file with the columns of `pai:penguins.csv`.
        seconds: Time that each of the three slow steps takes.

    Returns:
        A report in Markdown.
    """
    rows = csv.read(path)
    measured = complete(rows, ["species", "island", "flipper_length_mm", "body_mass_g"])

    where = census(measured, down="island", across="species")
    size = statistics.summary(measured, ["flipper_length_mm", "body_mass_g"], by="species")
    mass = lists.of.with_(id="intervals")(
        *[
            bootstrap.with_(id=f"bootstrap_{species.lower()}")(measured, species, seconds=seconds)
            for species in ("Adelie", "Chinstrap", "Gentoo")
        ]
    )

    return text.join(
        lists.of.with_(id="sections")(
            "## Where they live",
            text.table.with_(id="where_table")(where, style="markdown"),
            "## How large they are",
            text.table.with_(id="size_table")(size, style="markdown", digits=1),
            "## Mean mass in grams, with 95 % confidence",
            text.table.with_(id="mass_table")(mass, style="markdown", digits=0),
        ),
        separator="\n\n",
    )
