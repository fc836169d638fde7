"""`control.call`: a flow as one node, with a time and retries of its own."""

from .step import ControlStep, Outputs, null


async def call(step: ControlStep) -> Outputs:
    """Run the flow."""
    step.make_room(1)
    found = await step.run(step.open("body", "body", {}))
    return {name: found.get(name) or null() for name in step.outputs_of("body")}
