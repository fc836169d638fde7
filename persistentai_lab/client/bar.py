"""How far a run is, in a terminal: one bar by the conventions of tqdm, on standard error."""

import sys
from typing import TYPE_CHECKING, Any

from ..errors import LabError
from .wire import RunDetail, RunEvent
from .words import shape, shorten

if TYPE_CHECKING:
    from tqdm import tqdm

_OVER = frozenset({"node.completed", "node.failed", "node.skipped", "node.reused"})
_BUSY = frozenset({"node.started", "node.retried", "node.progressed"})


class Bar:
    """Follows a run. Where no bar is drawn, it says only what must be heard.

    A bar is drawn on a terminal; `TQDM_DISABLE=1` and tqdm's other variables are honoured. It goes
    away when the run completes, and stays as it was when the run does not.

    Args:
        run_id: The run.
        progress: Whether to draw one; left out, if standard error is a terminal.
    """

    def __init__(self, run_id: str, *, progress: bool | None = None) -> None:
        self.run_id = run_id
        self._wanted = sys.stderr.isatty() if progress is None else progress
        self._bar: tqdm[Any] | None = None
        self._closed = False
        self._over: set[str] = set()
        self._busy: dict[str, str] = {}
        self._answered: set[str] = set()

    @property
    def is_drawn(self) -> bool:
        """Whether there is a bar to look at."""
        return self._bar is not None and not self._bar.disable

    def begin(self, run: RunDetail) -> None:
        """The run as it stood when one began to watch it."""
        self._answered = {item.id for item in run.questions if item.answer is not None}
        if self._wanted and self._bar is None and not run.is_ended and not self._closed:
            self._bar = _bar(run)

    def take(self, event: RunEvent) -> None:
        """Take in one event."""
        for line in self.lines(event):
            self.say(line)
        self._count(event)
        if self._bar is not None:
            self._draw(", ".join(f"{node}{share}" for node, share in self._busy.items()))

    def lost(self, trouble: LabError) -> None:
        """Say that the connection is gone; the run is not."""
        if self._bar is not None:
            self._draw("connection lost, the run goes on …")

    def end(self, status: str = "") -> None:
        """Leave the terminal tidy."""
        self._closed = True
        if self._bar is not None:
            self._bar.leave = status != "completed"
            self._bar.close()
            self._bar = None

    def lines(self, event: RunEvent) -> list[str]:
        """What is said of an event, above the bar."""
        if event.type == "human.requested" and event.event.get("question") not in self._answered:
            return [f"{shape('waiting')} {event.run} asks: {event.event.get('text')}"
                    f" → pai.Run({event.run!r}).answer(…)"]  # fmt: skip
        if event.type == "run.recovered" and self._bar is not None:
            return [recovered(event)]
        return []

    def say(self, line: str) -> None:
        """Print a line, above the bar if there is one."""
        if self._bar is None:
            sys.stderr.write(f"{line}\n")
        else:
            self._bar.write(line, file=sys.stderr)

    def _count(self, event: RunEvent) -> None:
        node = event.node or ""
        if event.type in _OVER:
            self._busy.pop(node, None)
            self._over.add(node)
        elif event.type in _BUSY:
            self._busy[node] = _share(event)

    def _draw(self, now: str) -> None:
        bar = self._bar
        if bar is None or self._closed:
            return
        bar.set_postfix_str(shorten(now, 50), refresh=False)
        bar.n = len(self._over)
        bar.refresh()


def recovered(event: RunEvent) -> str:
    """A recovery, told with pride."""
    fact = event.event
    return (
        f"{shape('backing_off')} worker lost, run taken over by {fact.get('worker')}: "
        f"{fact.get('recorded')} steps kept, {fact.get('repeated')} begun again"
    )


def _bar(run: RunDetail) -> "tqdm[Any]":
    from tqdm import tqdm

    return tqdm(
        desc=run.flow,
        total=run.steps_total or None,
        unit="step",
        leave=False,
        file=sys.stderr,
        dynamic_ncols=True,
    )


def _share(event: RunEvent) -> str:
    done, total = event.event.get("done"), event.event.get("total")
    if isinstance(done, int | float) and isinstance(total, int | float) and total > 0:
        return f" {min(done / total, 1.0):.0%}"
    return ""
