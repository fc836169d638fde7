"""A flow for each item of a list."""

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
) -> list[Any]:
    """Run a flow for each item of a list, several at once; results keep the order of the items.

    Each item's steps are recorded by themselves: after a crash only those in flight run again.
    Above 10,000 items, make batches first (`lists.batches`).

    Args:
        items: What to work on.
        item: The input of the flow that gets the item.
        at_once: How many items may be under way at a time.
        on_error: When the flow fails for an item: `fail` as a whole, `skip` it (the list gets
            shorter), or `keep` the error in its place (code, message, remedy, node).

    Returns:
        What the flow gave for each item, in the order of the items.
    """
    needs_flows("each")
