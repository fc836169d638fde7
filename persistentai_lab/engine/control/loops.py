"""`control.reduce` and `control.repeat`: a flow on its own result."""

from ...errors import NodeError
from .each import ITEMS_MAX, list_at
from .step import RESULT, ControlStep, Outputs

ROUNDS_MAX = 10_000


class NotReached(NodeError):
    """A test has not held after the most rounds that there may be."""

    code = "not_reached"


async def reduce(step: ControlStep) -> Outputs:
    """Fold a list, item after item."""
    items = await list_at(step, "items")
    step.make_room(len(items), ITEMS_MAX)
    state = step.arriving("start")
    assert state is not None  # a port that has to be given
    into, name = step.literal("into"), step.literal("item")
    for index, item in enumerate(items):
        scope = step.open("body", str(index), {into: state, name: item})
        state = await step.as_one(await step.run(scope))
        step.progress(index + 1, len(items))
    return {RESULT: await step.kept(state)}


async def repeat(step: ControlStep) -> Outputs:
    """Go round until the test holds."""
    state, at_most = step.arriving("start"), await step.count("at_most", ROUNDS_MAX)
    assert state is not None  # a port that has to be given
    for number in range(at_most):
        step.make_room(1)
        scope = step.open("body", str(number), {step.literal("into"): state})
        state = await step.as_one(await step.run(scope))
        step.progress(number + 1, at_most)
        if "until" in step.node.flows:
            test = step.open("until", f"{number}.until", {step.literal("test"): state})
            if await step.read(await step.as_one(await step.run(test))) is True:
                step.decided(f"round {number + 1}")
                return {RESULT: await step.kept(state)}
    if "until" in step.node.flows and await step.json("on_limit") == "fail":
        raise NotReached(
            f"The test has not held after {at_most} rounds.",
            remedy="Raise `at_most`, or take what there is with `on_limit='keep'`.",
        )
    return {RESULT: await step.kept(state)}
