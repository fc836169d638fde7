"""A run, as an object in a notebook: it waits, answers, cancels, and shows how far it is."""

import asyncio
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..client import Client, Question, RunDetail, RunEvent, RunSummary, Value, Waiting
from ..client.stream import EventStream
from ..client.words import between, shape
from ..errors import Conflict, LabError, NodeNotFound, RunFailed
from ..ids import RunId
from .runtime import runtime
from .step import Step, decode, steps_of

if TYPE_CHECKING:
    from ..events.view import RunView
    from ..flow.model import FlowSpec


class Run:
    """One run of one pinned version of a flow. It lives on the runtime; this only points at it.

    Args:
        run_id: Its id, `r-…`.
        client: Another runtime than the notebook's own.
    """

    def __init__(self, run_id: str, *, client: Client | None = None) -> None:
        self.id = RunId(run_id)
        self._client = client or runtime()
        self._ended: RunDetail | None = None
        self._flow: FlowSpec | None = None
        self._seen: RunView | None = None

    @property
    def detail(self) -> RunDetail:
        """All that is known of it now. Asked once more each time, until it has ended."""
        if self._ended is not None:
            return self._ended
        return self._keep(self._client.run(self.id))

    @property
    def status(self) -> str:
        """`queued`, `running`, `waiting`, `completed`, `failed`, `cancelled` or `timed_out`."""
        return self.detail.status

    @property
    def steps(self) -> list[Step]:
        """Its nodes in the order in which they began, each with its latest attempt."""
        return steps_of(self.detail, self._client)

    @property
    def questions(self) -> list[Question]:
        """What it asks and nobody has answered."""
        return self.detail.open_questions

    def __getitem__(self, node: str) -> Step:
        """The step of a node, by the node's id or by its path in the plan."""
        steps = self.steps
        for step in steps:
            if node in (step.node, step.path):
                return step
        known = ", ".join(step.node for step in steps) or "nothing yet"
        raise NodeNotFound(f"Run {self.id} has no step {node!r}.", remedy=f"It has {known}.")

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end and return what the flow returns.

        Args:
            timeout: Seconds to wait at most.

        Raises:
            RunFailed: It ended without outputs; says where and why.
            StillRunning: The time is up. The run goes on.
        """
        waiting = Waiting(self._client, self.id, _ask_aloud)
        return self._outcome(self._keep(waiting.until_ended(timeout)))

    def __await__(self) -> Generator[Any, None, Any]:
        """`await run` is `run.result()` without holding the kernel."""
        return self._result().__await__()

    def events(self, after: int = 0) -> EventStream:
        """Its events from a position on, as they happen, until it ends."""
        return self._client.follow(self.id, after=after)

    def cancel(self) -> None:
        """Stop it at its next step."""
        self._client.cancel(self.id)

    def answer(self, answer: str, question: str | None = None) -> None:
        """Answer what it asks.

        Args:
            answer: One of the choices, or words of your own where there are none.
            question: Id of the question, if there are several.

        Raises:
            Conflict: It asks nothing, or several things.
        """
        if question is None:
            asked = self.questions
            if len(asked) != 1:
                listed = "; ".join(f"{item.id!r}: {item.text}" for item in asked) or "nothing"
                raise Conflict(f"Run {self.id} asks {listed}.", remedy="Say which: `question='…'`.")
            question = asked[0].id
        self._client.answer(self.id, question, answer)

    def __repr__(self) -> str:
        try:
            run = self.detail
        except LabError as error:
            return f"<run {self.id}: {error.message}>"
        told = (shape(run.status), run.status, between(run.started_at, run.ended_at))
        return f"<run {self.id} of {run.flow}: {' '.join(filter(None, told))}>"

    def _repr_html_(self) -> str:
        from .html import error_html, run_html

        try:
            run = self.detail
            steps, view = steps_of(run, self._client), self._view()
            return run_html(run, steps, view, self._picture(steps, view))
        except LabError as error:
            return error_html(error)

    def _view(self) -> "RunView":
        """What its events add up to. Reads on from where the last look ended."""
        from ..client.wire import to_json
        from ..events.reduce import reduce_all
        from ..events.view import RunView
        from ..events.wire import read_envelope

        seen = self._seen or RunView()
        fresh = self._client.events(self.id, after=seen.seq)
        self._seen = reduce_all(seen, (read_envelope(to_json(event)) for event in fresh))
        return self._seen

    def _picture(self, steps: Sequence[Step], view: "RunView") -> str:
        from .picture import Mark, as_html, draw, tell

        if self._flow is None:
            self._flow = self._client.flow(self.id)
        marks = {str(name): Mark(node.status) for name, node in view.nodes.items()}
        for step in steps:
            known = marks.get(step.node)
            status = step.status if known is None or known.status == "pending" else known.status
            marks[step.node] = Mark(status, step.took)
        return as_html(draw(self._flow, marks=marks), tell(self._flow))

    def _keep(self, run: RunDetail) -> RunDetail:
        if run.is_ended:
            self._ended = run
        return run

    def _outcome(self, run: RunDetail) -> Any:
        if run.status != "completed":
            raise _failure(run)
        outputs = run.outputs or {}
        if list(outputs) == ["result"]:
            return decode(outputs["result"], self._client)
        return self._all(outputs)

    def _all(self, outputs: Mapping[str, Value]) -> dict[str, Any]:
        return {name: decode(value, self._client) for name, value in outputs.items()}

    async def _result(self) -> Any:
        """Wait in a thread of its own, which keeps nobody from going home."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        waiting = Waiting(self._client, self.id, _ask_aloud)

        def wait() -> None:
            try:
                outcome, error = self._outcome(self._keep(waiting.until_ended())), None
            except Exception as found:  # noqa: BLE001 -- carried over to whoever awaits
                outcome, error = None, found
            with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, future, outcome, error)

        threading.Thread(target=wait, name=f"wait-{self.id}", daemon=True).start()
        try:
            return await future
        finally:
            waiting.stop()


def _settle(future: "asyncio.Future[Any]", outcome: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(outcome)
    else:
        future.set_exception(error)


def _failure(run: RunDetail) -> RunFailed:
    error = run.error
    if error is None:
        return RunFailed(RunId(run.run_id), run.status)
    failed = [step for step in run.steps if step.error is not None and step.status == "failed"]
    node = error.node or (failed[-1].node if failed else None)
    return RunFailed(
        RunId(run.run_id),
        run.status,
        error.message,
        cause=error.code,
        node=node,
        remedy=error.remedy,
    )


def _ask_aloud(event: RunEvent) -> None:
    """Whoever waits for a run that waits for a person must not wait in vain."""
    if event.type == "human.requested":
        text = event.event.get("text")
        sys.stderr.write(f"☻ {event.run} asks: {text} → pai.Run({event.run!r}).answer(…)\n")


class Runs(tuple[RunSummary, ...]):
    """Runs, newest first; a table in a cell."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from .html import runs_html

        return runs_html(self)


def runs(*, limit: int = 20, status: str | None = None, stuck: bool = False) -> Runs:
    """The latest runs of the runtime, newest first.

    Args:
        limit: How many.
        status: Only those in this state.
        stuck: Only those that need somebody.
    """
    return Runs(runtime().runs(limit=limit, status=status, stuck=stuck))
