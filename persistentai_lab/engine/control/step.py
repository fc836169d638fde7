"""The step of a control node: it has no body, but flows that it opens as scopes of the run.

Its own record says what came of them all. Those of the nodes inside are found by their paths, so
after a crash it opens the same scopes again, and nothing in them that is recorded runs once more.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from ...errors import NodeError, NodeTimedOut
from ...events import model as events
from ...flow.control.failure import Failure
from ...flow.model import INPUT
from ...flow.payload import JSON, Payload
from ...flow.sketch import SMALL, sketch_json
from ...ids import Json, JsonSchema, NodeId
from ..clock import now
from ..racing import defeats
from ..records.batch import Batch, Closed, EventRow, QuestionRow
from ..records.values import INLINE_MAX, Value, raw_object
from ..scope import Scope
from ..steps.saying import PROGRESS_EVERY_S
from ..steps.step import Step
from ..steps.steps import Steps
from ..steps.stopping import Why, left_open, settle
from .together import Together, Work

RESULT = "result"
OPENED_MAX = 50_000
"""So many flows may be opened in one run: each is steps, events and rows."""
LONGEST_PATH = 240
"""Paths are keys of database rows: a longer beginning of one is shortened to a hash of it."""

FINAL = frozenset({"rejected", "budget_exceeded"})
"""A person has said no: trying again would be asking again."""

Outputs = dict[str, Value]
Runner = Callable[["ControlStep"], Awaitable[Outputs]]


class Unfinished(Exception):
    """Nothing more is to start now: the run is to pause, or has failed elsewhere."""


class FanOutTooLarge(NodeError):
    """A run would open more flows than a run may."""

    code = "fan_out_too_large"


class InsideFailed(NodeError):
    """A node of a flow inside has failed."""

    def __init__(self, scope: Scope, outside: str) -> None:
        node, info = next(iter(scope.failed.items()))
        self.node = scope.id_of(node)
        where = self.node.removeprefix(f"{outside}/")
        can_help = info.code not in FINAL
        super().__init__(f"{where}: {info.message}", remedy=info.remedy, retryable=can_help)
        self.code = info.code
        failure = Failure(code=info.code, message=info.message, remedy=info.remedy, node=self.node)
        self.failure: Json = {name: str(value) for name, value in failure.items()}


class ControlStep(Step):
    """What a control node does once for all its flows."""

    runs_others = True

    def __init__(self, leg: Steps, scope: Scope, node_id: NodeId, runner: Runner) -> None:
        super().__init__(leg, scope, node_id)
        self._runner = runner
        self._shown_at = 0.0
        self._shown = 0
        self.node = self._node
        self.is_new = not self._past or self._past[-1].status != "started"
        """Whether it begins; else an earlier leg, or a worker that was lost, had begun it."""
        self._is_revisited = False
        self._is_between = self.is_new
        self._is_walking = False
        self._is_late = False
        self._open: set[Scope] = set()
        self._winner: NodeId | None = None

    async def may_begin(self) -> bool:
        """It goes on where it stood: what is inside knows for itself what is done."""
        return True if not self.is_new else await super().may_begin()

    async def attempt(self) -> bool:
        """Run the flows inside and record what came of them."""
        if self._is_stopped:
            return False
        if self.is_new:
            self._begin()
            started = events.NodeStarted(block=self.node.block, worker=self._leg._worker)
            self.ride([self._event(started)], is_start=True)
        self._begun = (now(), time.monotonic())
        self._is_walking = True
        try:
            outputs = await self._in_time()
        except Unfinished:
            return False
        finally:
            self._is_walking = False
        if self.is_stopped or (self._winner is not None and self._scope.is_stopping):
            return False
        self._scope.outputs[self._key] = outputs
        batch = Batch()
        batch.add(
            Batch(
                steps=[self._row("completed", outputs=raw_object(outputs))],
                events=[self._event(self._completed(outputs))],
                closed=self._timer_closed(),
            )
        )
        if self._winner is not None:
            why = Why(self._id, "race", self._winner)
            batch.add(settle(self._leg, self._scope, why))
        if self._is_pure:
            self._leg._recorder.ride(batch)
        elif self._winner is None:
            self._leg._recorder.send(batch)
        else:
            await self._leg._recorder.commit(batch)
        return True

    async def failed(self, error: NodeError) -> bool:
        """As any step; the next attempt opens flows of its own."""
        self.is_new = True
        self._leg._recorder.ride(Batch(closed=self._timer_closed()))
        return await super().failed(error)

    def stop(self, why: Why, *, whole: bool) -> Batch:
        """Stop what is inside; it ends by itself once that has ended."""
        batch = Batch()
        if self._is_stopped or self._is_over or self._key in self._scope.outputs:
            return batch
        batch.add(self._stop_inside(why, whole=whole))
        batch.closed += self._timer_closed()
        if not whole:
            return batch
        self._is_stopped = True
        if not self._is_walking:
            self._end()
        batch.add(self._skipped(why))
        return batch

    def _stop_inside(self, why: Why, *, whole: bool) -> Batch:
        batch = Batch()
        for scope in list(self._open):
            batch.add(scope.stop(why, whole=whole))
        return batch

    # --- its time ---------------------------------------------------------------------------------

    async def _in_time(self) -> Outputs:
        """Run the flows inside, for so long at most. Raises `NodeTimedOut` once all has ended."""
        if self._timeout_s is None:
            return await self._runner(self)
        pulse = self._leg._people.pulse
        pulse.begin()
        timer = asyncio.ensure_future(self._timer())
        await asyncio.sleep(0)
        self._is_late = timer.done()  # in an earlier leg: then nothing begins any more
        walking = asyncio.ensure_future(self._runner(self))
        try:
            await asyncio.wait({timer, walking}, return_when=asyncio.FIRST_COMPLETED)
            if walking.done() and not self._is_late:
                return walking.result()
            timer.result()
            self._is_late = True
            why = Why(self._id, "timed_out")
            batch = self._stop_inside(why, whole=True)
            batch.add(left_open(self._leg, f"{self._id}/{self._mark}", why, batch))
            self._leg._recorder.ride(batch)
            await asyncio.wait({walking})  # a write in the middle is not cut off
            raise NodeTimedOut(
                f"What is inside took longer than {self._timeout_s:g} s.",
                remedy="Raise `timeout_s` in the node's policy, or give it less to do.",
                retryable=True,
            )
        finally:
            for task in (timer, walking):
                task.cancel()
            await asyncio.gather(timer, walking, return_exceptions=True)
            pulse.end()

    async def _timer(self) -> None:
        """Return when the time is up: by a row, so that it goes on while the run lies still."""
        assert self._timeout_s is not None
        people, timer = self._leg._people, self._timer_id
        due = await people.due(timer, self._timeout_s)
        row = QuestionRow(
            timer,
            self._path,
            self._id,
            self._number,
            "",
            [],
            kind="timer",
            due=None if due is None else due.isoformat(),
            at_expiry='{"choice":"due"}',
        )
        await people.answer(row, Batch())

    @property
    def _timer_id(self) -> str:
        return f"{self._path}#timeout-{self._number}"

    def _timer_closed(self) -> list[Closed]:
        if self._timeout_s is None:
            return []
        return [Why(self._id, "ended").closes(self._timer_id)]

    async def revisit(self) -> None:
        """Open again what was opened when it ran, and walk it once more; nothing is recorded."""
        self._is_revisited = True
        for past in self._past:
            self._number = past.number
            with suppress(NodeError, Unfinished):  # what became of it then stands in the record
                await self._runner(self)

    # --- what it is given -------------------------------------------------------------------------

    def arriving(self, port: str) -> Value | None:
        """What arrives at a port; None if nothing does."""
        return self._given.get(port)

    @cached_property
    def _given(self) -> dict[str, Value]:
        return self._arriving()

    async def json(self, port: str) -> Any:
        """What arrives at a port, read; its default if nothing does."""
        value = self.arriving(port)
        if value is not None:
            return await self.read(value)
        found = self._signature.input(port)
        return found.default if found is not None else None

    async def count(self, port: str, most: int) -> int:
        """A number from 1 on. An edge may bring any. Raises `NodeError`."""
        found = await self.json(port)
        if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= most:
            raise NodeError(
                f"{port!r} is {found!r}, not a whole number from 1 to {most:,}.",
                remedy="Give another number.",
            )
        return found

    async def read(self, value: Value) -> Any:
        """A value, read. Raises `NodeError` when it is no JSON."""
        payload = await self._leg._values.fetch(value)
        if payload.media_type != JSON:
            raise NodeError(f"{payload.media_type} is no JSON.", remedy="Convert it first.")
        return json.loads(bytes(payload.data))

    async def fetch(self, value: Value) -> Payload:
        """A value's bytes. Raises `NodeError`."""
        return await self._leg._values.fetch(value)

    def has_port(self, name: str) -> bool:
        """Whether its block had this port already in the version that the run is pinned to."""
        return self._signature.input(name) is not None

    def input_type(self, role: str, name: str) -> JsonSchema:
        """The type of an input of a flow inside."""
        found = self._scope.version.inner(self.node.flows[role]).spec.inputs.get(name)
        return found.type if found is not None else {}

    def literal(self, port: str) -> str:
        """A port that says how the node is made."""
        return str(self.node.values[port])

    def win(self, port: str) -> None:
        """Decide a race: with the record of this step, what only it needed is stopped."""
        source = self._scope.version.feeds[self._key].get(port)
        if source is None:
            self._winner = NodeId(port)
        elif source.node == INPUT:
            self._winner = NodeId(source.port)
        else:
            self._winner = self._scope.id_of(NodeId(source.node))
        self.decided(port)

    def defeats(self) -> dict[NodeId, events.ErrorInfo]:
        """The failures that nobody has won a race for, in the order of its ports."""
        scope = self._scope
        found = defeats(scope.version, self._key, scope.forgiven)
        return {scope.id_of(node): scope.forgiven[node] for node in found}

    @property
    def ports(self) -> list[str]:
        """The ports at which something has arrived, in their order."""
        return sorted(self._given)

    # --- flows inside -----------------------------------------------------------------------------

    def make_room(self, count: int, most: int = OPENED_MAX) -> None:
        """Be about to open so many flows. Raises `FanOutTooLarge`."""
        self._leg.opened += count
        if count > most or self._leg.opened > OPENED_MAX:
            raise FanOutTooLarge(
                f"{max(count, self._leg.opened):,} flows inside one run are more than the "
                f"{min(most, OPENED_MAX):,} that it may open.",
                remedy="Work on so many items at a time (`rows=100`), or start runs (`pai.start`).",
            )

    def open(self, role: str, key: str, filled: Mapping[str, Value]) -> Scope:
        """A flow inside, with what is recorded of it.

        Args:
            role: The part that it plays.
            key: What tells it from the others; nothing but recorded values may go into it.
            filled: The inputs that the node fills itself.
        """
        version = self._scope.version.inner(self.node.flows[role])
        inputs: dict[str, Value] = {}
        for name, port in version.spec.inputs.items():
            value = filled[name] if name in filled else self.arriving(name)
            if value is None and port.has_default:
                value = Value.of_json(port.default)
            if value is not None:
                inputs[name] = value
        key = f"{self._mark}{key}"
        path = f"{self._path}/{key}/"
        if len(path) > LONGEST_PATH:
            path = f"~{hashlib.sha256(path.encode()).hexdigest()[:24]}/"
        scope = Scope(version, inputs, path, f"{self._id}/{key}/", self._scope)
        scope.recall(self._record.attempts)
        return scope

    async def run(self, scope: Scope) -> Outputs:
        """Walk a flow inside, and return its outputs.

        Raises:
            InsideFailed: A node in it has failed.
            Unfinished: It was stopped.
        """
        if self.is_stopped:
            raise Unfinished
        if self._is_revisited or not (scope.failed or scope.is_done):
            self._open.add(scope)
            try:
                await self._leg.walk(scope)
            finally:
                self._open.discard(scope)
        if scope.failed:
            raise InsideFailed(scope, self._id)
        if not scope.is_done:
            raise Unfinished
        found = ((name, scope.value(ref)) for name, ref in scope.version.spec.outputs.items())
        return {name: value for name, value in found if value is not None}

    def outputs_of(self, *roles: str) -> list[str]:
        """The names of what the flows of these parts give."""
        flows = (self._scope.version.inner(self.node.flows[role]).spec for role in roles)
        return list(dict.fromkeys(name for spec in flows for name in spec.outputs))

    async def do_at_once(self, works: Iterable[Work], most: int) -> None:
        """Do several things, so many at a time. The first error ends the rest, and is raised."""
        await Together(self._leg._people.pulse, most).do(works)

    # --- values -----------------------------------------------------------------------------------

    async def as_one(self, outputs: Outputs) -> Value:
        """All that a flow gave as one value: its result, or an object of its outputs."""
        if list(outputs) == [RESULT]:
            return outputs[RESULT]
        parts = [f"{json.dumps(name)}:{await self._text(v)}" for name, v in outputs.items()]
        return await self.keep("{" + ",".join(parts) + "}" if parts else "null")

    async def as_list(self, values: list[Value]) -> Value:
        """A list of values."""
        return await self.keep("[" + ",".join([await self._text(v) for v in values]) + "]")

    async def kept(self, value: Value) -> Value:
        """A value that nobody has recorded yet, such as a literal, made recordable."""
        if value.sha256 is not None or value.payload is None:
            return value
        return await self._leg._values.keep(value.payload)

    async def keep(self, text: str) -> Value:
        """JSON text made recordable."""
        data = text.encode()
        sketch = sketch_json(json.loads(text)) if SMALL < len(data) <= INLINE_MAX else None
        return await self._leg._values.keep(Payload(data, sketch=sketch))

    async def keep_payload(self, payload: Payload) -> Value:
        """What is no JSON made recordable."""
        return await self._leg._values.keep(payload)

    async def _text(self, value: Value) -> str:
        payload = await self._leg._values.fetch(value)
        if payload.media_type != JSON:
            raise NodeError(
                f"{payload.media_type} can be no item of a list.",
                remedy="Return rows, or numbers, from the flow inside.",
            )
        return bytes(payload.data).decode()

    # --- what is told -----------------------------------------------------------------------------

    def decided(self, choice: str, skipped: tuple[str, ...] = ()) -> None:
        """Say, once, which of several ways it goes, and which not."""
        if not self.is_new:
            return
        facts = [self._event(events.NodeDecided(choice=choice))]
        for role in skipped:
            fact = events.NodeSkipped(cause=self._id)
            path, node = (f"{at}/{self._mark}{role}" for at in (self._path, self._id))
            facts.append(EventRow(now(), fact.model_dump_json(), path, node))
        self.ride(facts)

    def progress(self, done: int, total: int) -> None:
        """Say how far it has come: now and then, and with each hundredth.

        Else items that end together are told as one, until the next ends, which may take hours.
        """
        is_further = (done - self._shown) * 100 >= total or done == total
        if (now_s := time.monotonic()) - self._shown_at >= PROGRESS_EVERY_S or is_further:
            self._shown_at, self._shown = now_s, done
            self.ride([self._event(events.NodeProgressed(done=done, total=total))])

    def ride(self, facts: list[EventRow], *, is_start: bool = False) -> None:
        """Have events written with the next commit."""
        if self._is_revisited:
            return
        steps = [self._row("started")] if is_start else []
        self._leg._recorder.ride(Batch(steps=steps, events=facts))

    def record(self, batch: Batch) -> None:
        """Have something written with the next commit."""
        self._leg.closed.update(it.id for it in batch.closed)
        if not self._is_revisited:
            self._leg._recorder.ride(batch)

    @property
    def _mark(self) -> str:
        """What tells the flows of a further attempt from those of the first: `@2/`."""
        return f"@{self._number}/" if self._number > 1 else ""

    @property
    def is_stopped(self) -> bool:
        """Whether it is to open nothing more."""
        return self._is_stopped or self._is_late

    @property
    def _is_pure(self) -> bool:
        version = self._scope.version
        return bool(self.node.flows) and all(
            version.inner(name).is_pure for name in self.node.flows.values()
        )


def null() -> Value:
    """What a branch that did not run gives."""
    return Value.of_json(None)
