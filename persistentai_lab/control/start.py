"""`pai.start`: another flow, as a run of its own."""

from collections.abc import Callable
from typing import Any

from ..blocks.control.start import start as block
from ..errors import TraceError
from ..flow.trace import current
from .control import Control


class Start(Control):
    """`pai.start(flow, …)`: start a run and go on; gives its id."""

    block = block

    def __call__(self, flow: Callable[..., Any], /, *args: Any, **named: Any) -> str:
        """Start a flow as a run of its own, without waiting for it.

        Args:
            flow: A flow, a block, or a function that calls some.
            *args: Its inputs, in their order,
            **named: or by name.
        """
        __tracebackhide__ = True
        recorder = current()
        if recorder is None:
            raise TraceError(
                "`pai.start` starts a run from within another.",
                remedy="Elsewhere, call `flow.run(…)`.",
            )
        positional = [
            (f"value_{number}", recorder.type_of(value)) for number, value in enumerate(args, 1)
        ]
        body = self._body(recorder, "flow", flow, positional, named)
        return self._place(recorder, {"flow": body}, {}, [body.given(args), named])  # type: ignore[return-value]


start = Start()
