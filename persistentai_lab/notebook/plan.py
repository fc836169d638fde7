"""A plan as a cell shows it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..flow.model import FlowSpec
    from ..plan import Plan

_MOST_NODES = 80
"""Beyond this a diagram is no longer read, and takes the page seconds to draw."""


@dataclass(frozen=True, slots=True, repr=False)
class DrawnPlan:
    """A compiled flow, for people."""

    plan: "Plan"
    text: str
    mermaid: str

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        if len(self.plan.order) > _MOST_NODES:
            return {"text/plain": self.text}
        return {"text/plain": self.text, "text/vnd.mermaid": self.mermaid}


def draw_plan(spec: "FlowSpec", *, strict: bool) -> DrawnPlan:
    """Compile a flow and explain the result."""
    from ..flow.expand import expand
    from ..plan import compile_plan, explain

    plan = compile_plan(expand(spec), strict=strict)
    return DrawnPlan(plan, explain(plan), explain(plan, "mermaid"))
