"""Computes a run again from its record, to see whether it still comes to the same.

Each pure step is given what it was given then, as it is recorded, and what it gives is compared
with what it gave; so the first difference is found where it arises, not where it ends up. What
touches the world is not run at all: its record stands. Nothing is written to the other run.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ..errors import BlockUnavailable, BodyTimedOut, LabError, NodeError, PayloadExpired
from ..events import model as events
from ..flow.signature import Effect
from ..flow.values.library import PackageMissing
from ..ids import NodeId
from .bodies.body import Bodies, BodyDied, Done
from .bodies.code import Code
from .clock import now
from .compare import difference
from .control import step_of
from .control.step import ControlStep
from .ending import leave_none_open
from .memory import NoMemory
from .records.batch import Batch, EventRow, RunChange, StepRow
from .records.record import Attempt, Record
from .records.recorder import Recorder
from .records.values import Value, Values, raw_object
from .scope import Scope, recorded, told
from .steps.asking import People
from .steps.pausing import Gate
from .steps.saying import plain
from .steps.step import Step, describe, final
from .steps.steps import Steps
from .walk import Walk

SMALL = 16_384
"""Bytes of values that are compared at once, instead of in a thread."""
NEEDS = {
    BlockUnavailable.code,
    PackageMissing.code,
    BodyTimedOut.code,
    BodyDied.code,
    PayloadExpired.code,
    "blob_missing",
    "code_missing",
}
"""Why a step can't be computed here and now; says nothing about whether it would be the same."""
TRIES = 3
ENDED = ("completed", "failed")
_ADDRESS = re.compile(r"\b0x[0-9a-f]{4,}\b")

Outputs = dict[str, Value]


@dataclass(slots=True)
class Outcome:
    """How a step ended, then or now."""

    outputs: Outputs = field(default_factory=dict)
    error: events.ErrorInfo | None = None

    @classmethod
    def of(cls, attempt: Attempt) -> "Outcome":
        """As it is recorded; of what a person changed later, what the body gave."""
        error = None if attempt.status == "completed" else told(attempt.error or {})
        gave = attempt.outputs if attempt.original is None else attempt.original
        return cls(recorded(gave), error)


@dataclass(slots=True)
class Checked:
    """A pure step and both of its outcomes."""

    step: Step
    before: Outcome
    after: Outcome

    @property
    def need(self) -> events.Need | None:
        """What it takes to compute it."""
        error = self.after.error
        if error is None or error.code not in NEEDS or self.before.error == error:
            return None
        return events.Need(node=self.step._id, error=error)


class Replay(Steps):
    """The steps of another run, walked once more."""

    may_use_network = False

    def __init__(
        self,
        own: Record,
        source: Record,
        recorder: Recorder,
        bodies: Bodies,
        values: Values,
        *,
        worker: str,
        gate: Gate,
        read_code: Callable[[str], Awaitable[Code]],
    ) -> None:
        """Of a source as it stands now; `own` knows what was computed before we took over."""

        async def of_then(sha256: str) -> Code:
            try:
                return await read_code(sha256)
            except LabError as error:
                missing = NodeError(error.message, remedy="It was removed from the database.")
                missing.code = "code_missing"
                raise missing from error

        async def no_runs(_: object) -> None:
            raise AssertionError("a replay starts nothing")

        super().__init__(
            source,
            recorder,
            bodies,
            values,
            people=People.nobody(),
            worker=worker,
            gate=gate,
            step_of=step_of,
            spawn=no_runs,
            read_code=of_then,
            memory=NoMemory(),
        )
        self._own = own
        self._checked: dict[tuple[int | str, ...], Checked] = {}
        """By place in the plan."""
        self._taken = 0

    async def walk(self, scope: Scope) -> None:
        """Walk a flow to its end: also past what failed, for it may have failed otherwise."""

        async def run(node: NodeId) -> bool:
            return await self.run(scope, node)

        version = scope.version
        beaten = [race for race in version.races if self._has_failed(scope.path_of(race))]
        walk = Walk(version.plan.before, (), run, races=version.races, beaten=lambda: beaten)
        await walk.to_the_end()

    def _has_failed(self, path: str) -> bool:
        past = self._record.attempts.get(path)
        return past is not None and past[-1].status == "failed"

    async def run(self, scope: Scope, node_id: NodeId) -> bool:
        """Compute a step again if it is pure and has an outcome. True when it has outputs."""
        step = step_of(self, scope, node_id)
        last = step._past[-1] if step._past else None
        if last is None or last.status not in ENDED:
            return False
        if isinstance(step, ControlStep):
            await step.revisit()
            self._taken += 1
            return last.status == "completed"
        if step._signature.effect is not Effect.PURE:
            self._taken += 1
            return last.status == "completed"
        own = self._own.attempts.get(step._path, [])
        if own and own[-1].status in ENDED:
            after = Outcome.of(own[-1])
        elif not await self.gate.lets(step._path, step._id, len(own) + 1, step.inputs):
            return False
        else:
            step._number = len(own) + 1
            after = await self._compute(step)
        self._checked[_place(scope, node_id)] = Checked(step, Outcome.of(last), after)
        return last.status == "completed"

    async def _compute(self, step: Step) -> Outcome:
        """Run a body. Nobody waits for the record: should it get lost, it runs again.

        One that died or took too long is tried again: that says something of this machine.
        """
        step._begun = (now(), time.monotonic())
        started = events.NodeStarted(block=step._node.block, worker=self._worker)
        self._recorder.ride(Batch(steps=[step._row("started")], events=[step._event(started)]))
        fact: events.Event
        try:
            done = await self._insist(step)
            outputs = {name: await self._values.keep(it) for name, it in done.outputs.items()}
        except NodeError as error:
            info = describe(error)
            row = step._row("failed", error=final(info))
            fact = events.NodeFailed(duration_s=step._duration_s, error=info)
            after = Outcome(error=info)
        else:
            row = step._row("completed", outputs=raw_object(outputs))
            fact = step._completed(outputs)
            after = Outcome(outputs)
        self._recorder.ride(Batch(steps=[row], events=[step._event(fact)]))
        return after

    async def _insist(self, step: Step) -> Done:
        for _ in range(TRIES - 1):
            try:
                return await step._body(step.given())
            except (BodyDied, BodyTimedOut):
                continue
        return await step._body(step.given())

    async def verdict(self) -> events.RunReplayed:
        """Compare everything. Values that were alike before are not read again."""
        first: events.Difference | None = None
        different = 0
        needs: list[events.Need] = []
        for _, checked in sorted(self._checked.items(), key=lambda item: item[0]):
            if need := checked.need:
                needs.append(need)
                continue
            try:
                found = await self._apart(checked)
            except NodeError as error:  # a value is gone, or nothing here reads it
                needs.append(events.Need(node=checked.step._id, error=describe(error)))
                continue
            if found:
                first, different = first or found, different + 1
        verdict = "different" if first else "incomplete" if needs else "identical"
        return events.RunReplayed(
            source=self._record.run,
            source_status=self._record.status,
            verdict=verdict,  # type: ignore[arg-type]
            recomputed=len(self._checked) - len(needs),
            taken=self._taken,
            unrecorded=len(self.root.version.nodes) - self._ended(self.root.paths),
            difference=first,
            different=different,
            needs=tuple(needs),
        )

    @property
    def is_done(self) -> bool:
        """Whether everything was looked at: not when somebody wanted it to pause."""
        if not self.gate.is_closed:
            return True
        return self._taken + len(self._checked) == self._ended(self._record.attempts)

    def _ended(self, paths: Iterable[str]) -> int:
        """How many of these have an outcome."""
        lasts = (self._record.attempts.get(path, [])[-1:] for path in paths)
        return sum(1 for last in lasts if last and last[0].status in ENDED)

    async def _apart(self, checked: Checked) -> events.Difference | None:
        """Where the two outcomes of a step differ. Raises `PackageMissing`."""
        before, after = checked.before, checked.after
        if before.error or after.error:
            if before.error and after.error and _same_error(before.error, after.error):
                return None
            return self._told(checked, None, _failing(before.error, after.error))
        for port in [*before.outputs, *(it for it in after.outputs if it not in before.outputs)]:
            one, other = before.outputs.get(port), after.outputs.get(port)
            if one is None or other is None:
                return self._told(checked, port, "there is no value any more" if one else "is new")
            if what := await self._values_apart(one, other):
                return self._told(checked, port, what)
        return None

    async def _values_apart(self, one: Value, other: Value) -> str | None:
        if one.sha256 and (one.sha256, one.media_type) == (other.sha256, other.media_type):
            return None
        before, after = await self._values.fetch(one), await self._values.fetch(other)
        if one.size + other.size <= SMALL:
            return difference(before, after)
        return await asyncio.to_thread(difference, before, after)

    def _told(self, checked: Checked, port: str | None, what: str) -> events.Difference:
        step = checked.step
        inputs = {name: Value.of_json(value).info for name, value in step._node.values.items()}
        for name, source in step._scope.version.feeds[step._key].items():
            if value := step._scope.value(source):
                inputs[name] = value.info
        before, after = (it.outputs.get(port or "") for it in (checked.before, checked.after))
        return events.Difference(
            node=step._id,
            path=step._path,
            port=port,
            what=plain(what),
            inputs=inputs,
            recorded=before.info if before else None,
            recorded_error=checked.before.error,
            recomputed=after.info if after else None,
            recomputed_error=checked.after.error,
        )


def concluded(verdict: events.RunReplayed, left: Iterable[StepRow]) -> Batch:
    """The end of a replay: what it found is what it returns."""
    result = Value.of_json(verdict.model_dump(mode="json", exclude={"type"}))
    facts: list[events.Event] = [verdict, events.RunCompleted(outputs={"result": result.info})]
    rows = [EventRow(now(), fact.model_dump_json()) for fact in facts]
    change = RunChange("completed", outputs=raw_object({"result": result}))
    batch = Batch(events=rows, run=change)
    leave_none_open(batch, left)
    return batch


def _same_error(one: events.ErrorInfo, other: events.ErrorInfo) -> bool:
    """Alike but for the addresses of objects, which are never the same twice."""
    return (one.code, _ADDRESS.sub("", one.message)) == (
        other.code,
        _ADDRESS.sub("", other.message),
    )


def _failing(before: events.ErrorInfo | None, after: events.ErrorInfo | None) -> str:
    then = f"failed ({before.message})" if before else "had a result"
    return f"it {then}; now it {f'fails: {after.message}' if after else 'has a result'}"


def _place(scope: Scope, node: NodeId) -> tuple[int | str, ...]:
    """Where a node stands among all others, in the order of the plan."""
    here = scope.version.plan.order.index(node)
    outer = scope.outer
    if outer is None:
        return (here,)
    opened_by = next(
        it for it in outer.version.plan.order if scope.path.startswith(f"{outer.path_of(it)}/")
    )
    rest = scope.path.removeprefix(outer.path_of(opened_by))
    return (*_place(outer, opened_by), *_natural(rest), here)


def _natural(path: str) -> Iterator[int | str]:
    """`each/9/` before `each/10/`; numbers and text alternate, so that any two can be compared."""
    for part in re.split(r"(\d+)", path):
        yield int(part) if part.isdecimal() else part
