"""One of several flows, by a value."""

from typing import Any

from persistentai_lab.blocks import Example, block

from .engine_only import needs_flows


@block(
    title="Switch", effect="read", examples=(Example(inputs={"value": "b", "cases": ["a", "b"]}),)
)
def switch(value: Any, cases: list[Any]) -> Any:
    """Run the flow of the case that equals a value; if none does, `otherwise`.

    Args:
        value: What is compared. 1 and true are different values, 1 and 1.0 are not.
        cases: One for each flow: `case_1`, `case_2`, ….

    Returns:
        What the flow gave that ran.
    """
    needs_flows("switch")
