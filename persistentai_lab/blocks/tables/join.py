"""Two tables side by side, by what they have in common."""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from persistentai_lab.blocks import Example, block
from persistentai_lab.blocks.tables.frame import (
    as_names,
    flat,
    kind_of,
    refuse_doubles,
    refused,
    require_columns,
    require_plain,
)
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.values import Table

_MOST_ROWS = 50_000_000


class Joined(NamedTuple):
    """The table that was made, and what found no partner."""

    table: Table
    left_alone: Table
    right_alone: Table


@block(
    title="Join tables",
    effect="pure",
    examples=(
        Example(
            inputs={
                "left": [{"k": "a", "n": 1}, {"k": "b", "n": 2}],
                "right": [{"k": "a", "m": 10}, {"k": "c", "m": 30}],
                "on": "k",
            },
            output={
                "table": [{"k": "a", "n": 1, "m": 10}],
                "left_alone": [{"k": "b", "n": 2}],
                "right_alone": [{"k": "c", "m": 30}],
            },
        ),
    ),
)
def join(
    left: Table,
    right: Table,
    on: Annotated[str | list[str], Field(min_length=1)],
    *,
    how: Literal["inner", "left", "right", "outer"] = "inner",
    suffix: Annotated[str, Field(min_length=1)] = "_right",
) -> Joined:
    """Put rows of two tables side by side where they have the same values.

    A row meets every partner it has. A missing value is the same as nothing, not even as another
    missing value.

    Args:
        left: The table whose order is kept.
        right: The table whose columns are added.
        on: Names of the columns that both have and that are compared.
        how: `inner` keeps pairs; `left`, `right` and `outer` also keep the rows of that side (of
            both) that have no partner, with the other side's values missing.
        suffix: Added to the name of a column of the right table that the left one has, too.

    Returns:
        table: The joined table.
        left_alone: Rows of the left table without a partner, whether or not they were kept.
        right_alone: Rows of the right table without a partner.

    Raises:
        NodeError: A table lacks such a column, the columns hold different kinds of values, or far
            too many rows would come out.
    """
    one, other = flat(left), flat(right)
    names = as_names(on)
    _check(one, other, names)
    one, other = _alike(one, other, names), _alike(other, one, names)
    added = [str(name) for name in other if name not in names]
    other_named = other.rename(columns={name: name + suffix for name in added if name in one})
    refuse_doubles([*one.columns, *(str(name) for name in other_named if name not in names)])
    with refused("The tables cannot be joined so."):
        lonely_left, lonely_right = _alone(one, other, names), _alone(other, one, names)
        _refuse_too_many(one, other, names)
        kept = one if how in ("left", "outer") else one[~lonely_left]
        table = kept.merge(other_named[~lonely_right], on=names, how="left")
        if how in ("right", "outer") and lonely_right.any():
            table = _below(table, other_named[lonely_right])
    return Joined(
        table,
        one[lonely_left].reset_index(drop=True),
        other[lonely_right].reset_index(drop=True),
    )


def _check(left: Table, right: Table, names: list[str]) -> None:
    for side, table in (("left", left), ("right", right)):
        try:
            require_columns(table, names)
        except NodeError as problem:
            raise NodeError(f"On the {side}: {problem.message}", remedy=problem.remedy) from None
        require_plain(table, names)
    for name in names:
        kinds = [
            kind_of(table[name]).replace("whole numbers", "numbers") for table in (left, right)
        ]
        if kinds[0] != kinds[1] and "nothing" not in kinds:
            raise NodeError(
                f"{name!r} holds {kinds[0]} on the left and {kinds[1]} on the right.",
                remedy="Convert one of them with `tables.add_column`.",
            )


def _alike(table: Table, other: Table, names: list[str]) -> Table:
    """The table with columns that hold nothing as if they held what the other's do."""
    nullable = {"i": "Int64", "u": "UInt64", "b": "boolean"}
    kinds = {name: other[name].dtype for name in names if kind_of(table[name]) == "nothing"}
    return table.astype({name: nullable.get(kind.kind, kind) for name, kind in kinds.items()})


def _alone(table: Table, other: Table, names: list[str]) -> Any:
    """Which rows have no partner; those in which a value is missing have none."""
    partners = other[names].dropna().drop_duplicates()
    found = table[names].merge(partners, on=names, how="left", indicator=True)["_merge"] == "both"
    return ~(found.to_numpy() & table[names].notna().all(axis=1))


def _refuse_too_many(left: Table, right: Table, names: list[str]) -> None:
    sizes = [side.groupby(names).size().rename(n) for n, side in enumerate((left, right))]
    pairs = (sizes[0].astype("float64") * sizes[1]).sum()
    if pairs > _MOST_ROWS:
        raise NodeError(
            f"{pairs:,.0f} pairs of rows would come out; {_MOST_ROWS:,} are made at most.",
            remedy="Join on more columns, or make the rows distinct before.",
        )


def _below(table: Table, rest: Table) -> Table:
    from persistentai_lab.blocks.tables.concat import concat

    return concat(table, rest)
