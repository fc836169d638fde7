"""Say something about a value that passes by."""

import json
from typing import Annotated, Any, Literal

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.flow.follow import SameAs

_LONGEST = 500


@block(
    title="Log message",
    effect="read",
    examples=(Example(inputs={"value": 344, "label": "rows"}, output=344),),
)
def message(
    value: Any,
    label: str = "",
    *,
    level: Literal["debug", "info", "warning", "error"] = "info",
    ctx: Context = LENT,
) -> Annotated[Any, SameAs("value")]:
    """Show a value to everyone who watches the run, and hand it on.

    Args:
        value: Any JSON value; long ones are shown by their beginning. The output has its type.
        label: Stands before the value.
        level: How much it matters.
        ctx: Lent by the engine. Not a port.

    Returns:
        The value, unchanged.
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
    ctx.log(f"{label}: {shown}" if label else shown, level=level)
    return value
