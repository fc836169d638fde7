"""What a run's bodies said, and what happened to it: tables in a cell, iterable everywhere."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ..client import EventStream, RunEvent
from .interrupt import goes_on
from .known import Known


@dataclass(frozen=True, slots=True)
class LogLine:
    """One thing that a body said."""

    at: datetime
    node: str
    level: str
    message: str

    def __str__(self) -> str:
        level = "" if self.level == "info" else f"{self.level}: "
        return f"{self.at.astimezone():%H:%M:%S}  {self.node}  {level}{self.message}"


class Logs(tuple[LogLine, ...]):
    """What was said, oldest first; a table in a cell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) or "<nothing was said>"

    def _repr_html_(self) -> str:
        from .tables import logs_html

        return logs_html(self)


def logs_of(events: Iterable[RunEvent], node: str | None = None) -> Logs:
    """What the bodies said, of one node if it is named."""
    return Logs(
        LogLine(
            event.at,
            event.node or "",
            str(event.event.get("level", "info")),
            str(event.event.get("message", "")),
        )
        for event in events
        if event.type == "node.logged" and node in (None, event.node)
    )


class Events:
    """The events of a run: iterate to follow them until its end; evaluated, a table of what was.

    Looking at the table takes no event away from the iteration.

    Args:
        known: The run.
        after: Position after which to begin.
    """

    def __init__(self, known: Known, after: int = 0) -> None:
        self._known = known
        self._after = after
        self._stream: EventStream | None = None

    def __iter__(self) -> Iterator[RunEvent]:
        return self

    def __next__(self) -> RunEvent:
        try:
            if self._stream is None:
                run_id = self._known.detail.run_id  # whole, whatever was given
                self._stream = self._known.client.follow(run_id, after=self._after)
            return next(self._stream)
        except KeyboardInterrupt as interrupt:
            goes_on(interrupt, self._known.run_id)
            raise

    def close(self) -> None:
        """End the iteration, also from another thread."""
        if self._stream is not None:
            self._stream.close()

    def __repr__(self) -> str:
        from ..errors import LabError

        try:
            so_far = len([*self._known.events(self._after)])
        except LabError as error:
            return f"<events: {error.message}>"
        return f"<{so_far} events so far; iterate to follow them>"

    def _repr_html_(self) -> str:
        from ..errors import LabError
        from .html import error_html
        from .tables import events_html

        try:
            return events_html([*self._known.events(self._after)])
        except LabError as error:
            return error_html(error)
