"""`control.attempt`: an error becomes a value, and the run goes on."""

from ..records.values import Value
from .step import ControlStep, InsideFailed, Outputs, null


async def attempt(step: ControlStep) -> Outputs:
    """Run the body; if it fails, the handler, or tell the error."""
    has_handler = "handler" in step.node.flows
    names = step.outputs_of("body", *(["handler"] if has_handler else []))
    step.make_room(1)
    try:
        found = await step.run(step.open("body", "body", {}))
        failure = null()
    except InsideFailed as error:
        failure = Value.of_json(error.failure)
        found = {}
        if has_handler:
            step.decided("handler")
            handler = step.open("handler", "handler", {step.literal("error"): failure})
            found = await step.run(handler)
    outputs = {name: found.get(name) or null() for name in names}
    return outputs if has_handler else {**outputs, "error": failure}
