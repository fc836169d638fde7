"""A flow again and again."""

from typing import Annotated, Any, Literal

from pydantic import Field

from persistentai_lab.blocks import Example, block

from .engine_only import needs_flows


@block(
    title="Repeat",
    effect="read",
    examples=(Example(inputs={"start": 1, "at_most": 10, "into": "number"}),),
)
def repeat(
    start: Any,
    at_most: Annotated[int, Field(ge=1, le=10_000)],
    into: str,
    test: str = "",
    on_limit: Literal["fail", "keep"] = "fail",
) -> Any:
    """Run a flow on its own result again and again, until a test holds.

    Args:
        start: What the first round begins with.
        at_most: The most rounds there may be; without a test, how many there are.
        into: The input of the flow that gets the result of the round before.
        test: The input of the flow `until` that gets the result of each round.
        on_limit: When the test has not held after the last round: `fail`, or `keep` the result.

    Returns:
        The result of the last round.
    """
    needs_flows("repeat")
