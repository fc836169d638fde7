"""A list folded to one value."""

from typing import Any

from persistentai_lab.blocks import Example, block

from .engine_only import needs_flows


@block(
    title="Reduce",
    effect="read",
    examples=(Example(inputs={"items": [1, 2], "start": 0, "into": "sum", "item": "number"}),),
)
def reduce(items: list[Any], start: Any, into: str, item: str) -> Any:
    """Fold a list to one value: a flow takes what there is so far and the next item, in order.

    Args:
        items: What to fold.
        start: What there is before the first item.
        into: The input of the flow that gets what there is so far.
        item: The input of the flow that gets the item.

    Returns:
        What there is after the last item.
    """
    needs_flows("reduce")
