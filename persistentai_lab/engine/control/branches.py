"""`control.when` and `control.switch`: one of several flows."""

import json
from typing import Any

from ...errors import NodeError
from ...flow.control.kinds import CASE
from ...flow.control.same import same_value
from .step import ControlStep, Outputs, null


class NoCase(NodeError):
    """A switch has no case for the value, and nothing else to do."""

    code = "no_case"


async def when(step: ControlStep) -> Outputs:
    """Run the one flow or the other."""
    condition = await step.json("condition")
    if not isinstance(condition, bool):
        raise NodeError(
            f"The condition is {type(condition).__name__}, neither true nor false.",
            remedy="Compare with `values.compare`, or return a bool.",
        )
    return await _take(step, "then" if condition else "otherwise")


async def switch(step: ControlStep) -> Outputs:
    """Run the flow of the case that equals the value."""
    value, cases = await step.json("value"), await step.json("cases")
    number = next((n for n, case in enumerate(cases, 1) if same_value(case, value)), None)
    choice = "otherwise" if number is None else f"{CASE}{number}"
    if choice not in step.node.flows:
        raise NoCase(
            f"No case is {_short(value)}.",
            remedy=f"There is {', '.join(map(_short, cases))}; add it, or give `otherwise`.",
        )
    return await _take(step, choice)


async def _take(step: ControlStep, choice: str) -> Outputs:
    step.decided(choice, tuple(role for role in sorted(step.node.flows) if role != choice))
    names = step.outputs_of(*step.node.flows)
    found: Outputs = {}
    if choice in step.node.flows:
        step.make_room(1)
        found = await step.run(step.open(choice, choice, {}))
    return {name: found.get(name) or null() for name in names}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"
