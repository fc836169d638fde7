"""A flow for each item of a list, or each row of a table."""

from typing import Annotated, Any, Literal

from pydantic import Field

from persistentai_lab.blocks import Example, block

from .engine_only import needs_flows


@block(
    title="Each",
    effect="read",
    examples=(Example(inputs={"items": ["a", "b"], "item": "text", "at_once": 4}),),
)
def each(
    items: list[Any],
    item: str,
    at_once: Annotated[int, Field(ge=1, le=1000)] = 16,
    on_error: Literal["fail", "skip", "keep"] = "fail",
    rows: Annotated[int, Field(ge=1, le=1_000_000)] | None = None,
) -> list[Any]:
    """Run a flow for each item of a list, or each row of a table, several at once.

    Results keep the order of the items. A row is an object of its columns.

    Each item's steps are recorded by themselves: after a crash only those in flight run again.
    Above 10,000 items, give the flow so many `rows` at a time.

    Args:
        items: What to work on: a list, or a table for its rows.
        item: The input of the flow that gets the item.
        at_once: How many items may be under way at a time.
        on_error: When the flow fails for an item: `fail` as a whole, `skip` it (the list gets
            shorter), or `keep` the error in its place (code, message, remedy, node).
        rows: How many items or rows the flow gets at a time. Of a table it gets a table, where it
            asks for one, else a list of rows.

    Returns:
        What the flow gave for each item, in the order of the items.
    """
    needs_flows("each")
