"""A run, as an object: it waits, answers, cancels, and shows how far it is."""

import asyncio
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Self

from typing_extensions import TypeVar

from ..client import Bar, Client, Question, RunDetail, Waiting
from ..client.words import between, shape
from ..errors import Conflict, LabError, QuestionNotFound, RunFailed
from ..ids import RunId
from .completing import completing
from .interrupt import goes_on
from .known import Known
from .log import Events, Logs, logs_of
from .runtime import runtime
from .step import Step, Steps, steps_of

if TYPE_CHECKING:
    from ..events.view import RunView
    from ..widgets.flow import FlowWidget

R = TypeVar("R", default=Any)


class Run(Generic[R]):
    """One run of one pinned version of a flow. It lives on the runtime; this only points at it.

    Args:
        run_id: Its id, `r-…`, or as much of the beginning as no other run shares.
        client: Another runtime than the notebook's own.
    """

    def __init__(self, run_id: str, *, client: Client | None = None) -> None:
        self._known = Known(run_id, client or runtime())
        self._shown: FlowWidget | None = None
        """Its widget, made when a cell first shows it: one, however often it is shown."""

    @property
    def id(self) -> RunId:
        """Its id."""
        return self._known.run_id

    @property
    def detail(self) -> RunDetail:
        """All that is known of it now. Asked once more each time, until it has ended."""
        return self._known.detail

    @property
    def flow(self) -> str:
        """Name of its flow."""
        return self.detail.flow

    @property
    def status(self) -> str:
        """`queued`, `running`, `waiting`, `paused`, `completed`, `failed`, `cancelled` or so."""
        return self.detail.status

    @property
    def inputs(self) -> dict[str, Any]:
        """What the flow was given, by name."""
        detail = self.detail
        refs = {name: self._known.value(value) for name, value in detail.refs.items()}
        return {**detail.inputs, **refs}

    @property
    def outputs(self) -> dict[str, Any]:
        """What the flow gave, by name; empty until it has completed."""
        given = self.detail.outputs or {}
        return {name: self._known.value(value) for name, value in given.items()}

    @completing
    def steps(self) -> Steps:
        """Its nodes in the order in which they began, each with its latest attempt."""
        return steps_of(self.detail, self._known)

    @property
    def questions(self) -> "Questions":
        """What it asks and nobody has answered."""
        return Questions(self.id, self.detail.open_questions)

    @property
    def logs(self) -> Logs:
        """What its bodies have said so far."""
        return logs_of(self._known.events())

    def __getitem__(self, node: str) -> Step:
        """The step of a node, by the node's id or by its path in the plan.

        Raises:
            NodeNotFound: There is none; says which there are.
        """
        return self.steps[node]

    def _ipython_key_completions_(self) -> list[str]:
        try:
            return [node.id for node in self._known.flow.nodes]
        except LabError:  # completing is no moment to complain
            return []

    def events(self, after: int = 0) -> Events:
        """Its events from a position on, as they happen, until it ends; a table in a cell."""
        return Events(self._known, after)

    def result(self, timeout: float | None = None, *, progress: bool | None = None) -> R:
        """Wait for the end and return what the flow returns.

        Args:
            timeout: Seconds to wait at most.
            progress: Whether to draw a progress bar; left out, if this is a terminal.

        Raises:
            RunFailed: It ended without outputs; says where and why.
            StillRunning: The time is up. The run goes on.
        """
        outcome: R = self._outcome(self._wait(timeout, progress))
        return outcome

    def wait(self, timeout: float | None = None, *, progress: bool | None = None) -> Self:
        """Wait for the end, whatever it is, and return the run itself.

        Args:
            timeout: Seconds to wait at most.
            progress: Whether to draw a progress bar; left out, if this is a terminal.

        Raises:
            StillRunning: The time is up. The run goes on.
        """
        self._wait(timeout, progress)
        return self

    def __await__(self) -> Generator[Any, None, R]:
        """`await run` is `run.result()` without holding the kernel."""
        return self._result().__await__()

    def cancel(self) -> None:
        """Stop it at its next step."""
        self._known.ask(self._known.client.cancel)

    def pause(self) -> None:
        """Let it start nothing more. What is under way may finish; then it is `paused`."""
        self._known.ask(self._known.client.pause)

    def resume(self) -> None:
        """Let it go on, if it is paused."""
        self._known.ask(self._known.client.resume)

    def step(self) -> None:
        """Let it start one node, the first in the order of its plan that can; then it pauses.

        Raises:
            Conflict: It is not paused.
        """
        self._known.ask(self._known.client.step)

    def break_at(self, node: str, *, when: str | None = None) -> None:
        """Let it pause before a node.

        `run.break_at("send", when="n > 3 and city == 'Ulm'")`

        Args:
            node: The node's id.
            when: Only then: a comparison of the node's inputs with literals.

        Raises:
            ConditionInvalid: That is no condition; says why.
            NodeNotFound: There is no such node; says which there are.
        """
        self._known.ask(lambda run_id: self._known.client.break_at(run_id, node, when=when))

    def clear_break(self, node: str) -> None:
        """Let it no longer pause before a node."""
        self._known.ask(lambda run_id: self._known.client.clear_break(run_id, node))

    def set(self, node: str, /, **values: Any) -> None:
        """Change values while it is paused; what is to come uses them, the record stays.

        `run.set("clean", result=df)`: an output of a node that has run, or a literal of one that
        has not begun.

        Args:
            node: The node's id.
            **values: What is to count instead, by port.

        Raises:
            Conflict: It is not paused, or what depends on the value has begun already.
            FlowInvalid: There is no such port, an edge feeds it, or the value does not fit.
            NodeNotFound: There is no such node; says which there are.
        """
        from .sending import as_inputs

        plain, refs = as_inputs(values)
        talk = self._known.client
        self._known.ask(lambda run_id: talk.change(run_id, node, plain, refs=refs))

    def fork(
        self,
        at: str | None = None,
        /,
        *,
        values: Mapping[str, Mapping[str, Any]] | None = None,
        inputs: Mapping[str, Any] | None = None,
        key: str | None = None,
        **literals: Any,
    ) -> "Run[R]":
        """Start a run like this one, with something changed; the rest is reused, not run again.

        `run.fork("summarise", prompt="Shorter.")`

        Args:
            at: A node that runs again in any case, with all that is downstream of it.
            values: Other literals of several nodes: `{"summarise": {"prompt": "Shorter."}}`.
            inputs: Other inputs of the flow, by name.
            key: The same key again gives the same run, not a second one.
            **literals: Other literals of the node `at`, by input port.

        Raises:
            NodeNotFound: There is no such node; says which there are.
            PortNotFound: The node has no such input; says which it has.
            FlowInvalid: A value does not fit, or an edge feeds the port.
        """
        from .fork import wishes
        from .sending import as_inputs

        known = self._known
        changed = wishes(known.flow, at, literals, values)
        plain, refs = as_inputs(inputs or {})
        started = known.client.fork(
            known.run_id, at=at, values=changed, inputs=plain, refs=refs, key=key
        )
        return Run(started.run_id, client=known.client)

    def replay(self, *, key: str | None = None) -> "Run[dict[str, Any]]":
        """Compute its pure steps again from its record and compare. Calls no model, no network.

        `run.replay().result()["verdict"]` is `identical`, `different` (then `difference` says where
        and how) or `incomplete` (then `needs` says what it takes). Nothing is written to this run.

        Args:
            key: The same key again gives the same replay, not a second one.

        Raises:
            Conflict: This is a replay itself.
            PayloadExpired: Its values are no longer kept.
        """
        known = self._known
        started = known.ask(lambda run_id: known.client.replay(run_id, key=key))
        return Run(started.run_id, client=known.client)

    def answer(
        self,
        answer: Any,
        question: str | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Answer what it asks.

        Args:
            answer: One of the choices; where there are none, a value of the type it asks for.
            question: Id of the question, if there are several.
            inputs: To approve with other inputs: those that are changed.
            outputs: To take an interrupted step as `done`: what it would have returned.
            reason: Why; a rejection needs one.

        Raises:
            Conflict: It asks nothing, or several things; or somebody was first.
            WrongAnswer: The answer does not fit; says what would.
        """
        from .sending import as_json

        asked = self._asked(question)
        node = asked.node or ""
        self._known.client.answer(
            self.id,
            asked.id,
            as_json({"answer": answer}, node)["answer"],
            inputs=as_json(inputs or {}, node),
            outputs=as_json(outputs or {}, node),
            reason=reason,
            via=_where(),
        )

    def approve(self, question: str | None = None, *, reason: str = "", **changed: Any) -> None:
        """Allow the step that waits for it, as it is or with some of its inputs changed.

        `run.approve(amount=12)`

        Args:
            question: Id of the question, if there are several.
            reason: Why.
            **changed: Inputs to change, by port.
        """
        self.answer("edit" if changed else "approve", question, inputs=changed, reason=reason)

    def reject(self, reason: str, question: str | None = None) -> None:
        """Do not allow the step that waits for it; it fails with the reason.

        Args:
            reason: Why not.
            question: Id of the question, if there are several.
        """
        self.answer("reject", question, reason=reason)

    def _asked(self, question: str | None) -> Question:
        detail = self.detail
        if question is not None:
            found = next((item for item in detail.questions if item.id == question), None)
            if found is None:
                known = ", ".join(repr(item.id) for item in detail.questions) or "nothing"
                raise QuestionNotFound(
                    f"Run {self.id} asks no question {question!r}.", remedy=f"It asks {known}."
                )
            return found
        asked = detail.open_questions
        if len(asked) != 1:
            listed = "; ".join(f"{item.id!r}: {item.text}" for item in asked) or "nothing"
            raise Conflict(f"Run {self.id} asks {listed}.", remedy="Say which: `question='…'`.")
        return asked[0]

    def __repr__(self) -> str:
        try:
            run = self.detail
        except LabError as error:
            return f"<run {self.id}: {error.message}>"
        told = (shape(run.status), run.status, between(run.started_at, run.ended_at))
        return f"<run {self.id} of {run.flow}: {' '.join(filter(None, told))}>"

    def widget(self) -> "FlowWidget":
        """Its live view, to stand inside other widgets."""
        from .display import run_widget

        return run_widget(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        from .display import run_bundle

        return run_bundle(self)

    def _repr_html_(self) -> str:
        from .cards import run_html
        from .html import error_html

        known = self._known
        try:
            run = known.detail
            steps, view = steps_of(run, known), known.view()
            return run_html(run, steps, view, known, self._picture(steps, view))
        except LabError as error:
            return error_html(error)

    def _picture(self, steps: Sequence[Step], view: "RunView") -> str:
        from .picture import Mark, as_html, draw, tell

        marks = {str(name): Mark(node.status) for name, node in view.nodes.items()}
        for step in steps:
            known = marks.get(step.node)
            status = step.status if known is None or known.status == "pending" else known.status
            marks[step.node] = Mark(status, "reused" if status == "reused" else step.took)
        flow = self._known.flow
        return as_html(draw(flow, marks=marks), tell(flow))

    def _wait(self, timeout: float | None, progress: bool | None) -> RunDetail:
        known = self._known
        try:
            return known.detail if known.detail.is_ended else self._watch(timeout, progress)
        except KeyboardInterrupt as interrupt:
            goes_on(interrupt, known.run_id)
            raise

    def _watch(self, timeout: float | None, progress: bool | None) -> RunDetail:
        known = self._known
        bar = Bar(known.run_id, progress=progress)
        status = ""
        try:
            ended = known.keep(Waiting(known.client, known.run_id, bar).aside(timeout))
            status = ended.status
        finally:
            bar.end(status)
        return ended

    def _outcome(self, run: RunDetail) -> Any:
        if run.status != "completed":
            raise _failure(run)
        outputs = run.outputs or {}
        if list(outputs) == ["result"]:
            return self._known.value(outputs["result"])
        return {name: self._known.value(value) for name, value in outputs.items()}

    async def _result(self) -> R:
        """Wait in a thread of its own, which keeps nobody from going home."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        known = self._known
        waiting = Waiting(known.client, known.run_id, Bar(known.run_id, progress=False))

        def wait() -> None:
            outcome: Any = None
            error: Exception | None = None
            try:
                outcome = self._outcome(known.keep(waiting.until_ended()))
            except Exception as found:  # noqa: BLE001 -- carried over to whoever awaits
                error = found
            with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, future, outcome, error)

        threading.Thread(target=wait, name=f"wait-{known.run_id}", daemon=True).start()
        try:
            return await future
        except asyncio.CancelledError as interrupt:
            goes_on(interrupt, known.run_id)
            raise
        finally:
            waiting.stop()


def _where() -> str:
    """Where an answer is given: in a cell, or by a script."""
    ipython = sys.modules.get("IPython")
    return "cell" if ipython is not None and ipython.get_ipython() is not None else "python"


class Questions(tuple[Question, ...]):
    """What a run asks; cards in a cell."""

    run_id: str

    def __new__(cls, run_id: str, asked: Sequence[Question]) -> Self:
        """Of one run."""
        questions = super().__new__(cls, asked)
        questions.run_id = run_id
        return questions

    def _repr_html_(self) -> str:
        from .cards import questions_html

        return questions_html(self.run_id, self)


def _settle(future: "asyncio.Future[R]", outcome: R, error: Exception | None) -> None:
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
    lines = [step.error.traceback for step in failed if step.error and step.node == node]
    return RunFailed(
        RunId(run.run_id),
        run.status,
        error.message,
        cause=error.code,
        node=node,
        remedy=error.remedy,
        traceback=error.traceback or (lines[-1] if lines else None) or "",
    )
