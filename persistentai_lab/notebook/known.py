"""What is known of a run: asked of the runtime, kept once it can change no more."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from ..client import Client, RunDetail, RunEvent, Value
from ..errors import Conflict, RunNotFound
from ..ids import RunId

if TYPE_CHECKING:
    from ..events.view import RunView
    from ..flow.model import FlowSpec

T = TypeVar("T")
_WHOLE = re.compile(r"r-[0-9a-f]{20}")
_MOST = 500
"""Among how many runs the beginning of an id is looked for."""


class Known:
    """One run, as the runtime tells of it.

    Args:
        run_id: Its id, or the beginning of it.
        client: The runtime.
    """

    def __init__(self, run_id: str, client: Client) -> None:
        self.run_id = RunId(run_id)
        self.client = client
        self._ended: RunDetail | None = None
        self._flow: FlowSpec | None = None
        self._seen: RunView | None = None

    @property
    def detail(self) -> RunDetail:
        """All that is known of it now. Asked once more each time, until it has ended."""
        if self._ended is not None:
            return self._ended
        return self.keep(self.ask(self.client.run))

    @property
    def flow(self) -> "FlowSpec":
        """The flow that it is pinned to, expanded."""
        if self._flow is None:
            self._flow = self.ask(self.client.flow)
        return self._flow

    def view(self) -> "RunView":
        """What its events add up to. Reads on from where the last look ended."""
        from ..client.wire import to_json
        from ..events.reduce import reduce_all
        from ..events.view import RunView
        from ..events.wire import read_envelope

        seen = self._seen or RunView()
        fresh = self.events(after=seen.seq)
        self._seen = reduce_all(seen, (read_envelope(to_json(event)) for event in fresh))
        return self._seen

    def events(self, after: int = 0) -> Iterator[RunEvent]:
        """The events there are now."""
        return self.ask(lambda run_id: iter([*self.client.events(run_id, after=after)]))

    def value(self, value: Value) -> object:
        """A value as Python knows it. Raises `CannotRead`."""
        return self.client.value(value)

    def keep(self, run: RunDetail) -> RunDetail:
        """Remember an answer that is the last."""
        if run.is_ended:
            self._ended = run
        return run

    def ask(self, about: Callable[[RunId], T]) -> T:
        """Ask about the run; if only the beginning of its id was given, find the rest first."""
        try:
            return about(self.run_id)
        except RunNotFound:
            if _WHOLE.fullmatch(self.run_id):
                raise
            self.run_id = _whole_id(self.run_id, self.client)
            return about(self.run_id)


def _whole_id(start: str, client: Client) -> RunId:
    found = [run for run in client.runs(limit=_MOST) if run.run_id.startswith(start)]
    if not found:
        raise RunNotFound(RunId(start))
    if len(found) > 1:
        listed = ", ".join(f"{run.run_id} ({run.flow})" for run in found[:5])
        raise Conflict(
            f"{len(found)} runs begin with {start!r}: {listed}.", remedy="Give more of the id."
        )
    return RunId(found[0].run_id)
