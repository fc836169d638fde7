"""Pause, step and breakpoints as a leg obeys them: what may start, how the run is set down.

A leg that is to pause starts nothing more, lets what runs finish and be recorded, then sets the run
down: a row, no process. Until then what may not start waits here, so that a pause which is taken
back meanwhile holds nobody up. What is wished stands in the run's row, so whoever takes the leg
over after a crash obeys it too. A step is one node: the first in the order of the plan whose inputs
are there.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from ...errors import ConditionInvalid, NodeError
from ...events import model as events
from ...flow.control.kinds import KINDS
from ...flow.payload import JSON, Payload
from ...ids import NodeId, Path, RunId
from ..clock import now
from ..pulse import Pulse
from ..records.batch import Batch, EventRow, RunChange
from ..records.orders import ORDERS, Breakpoint, Orders
from ..records.record import Record
from .condition import Untold, read_condition

Inputs = Callable[[], Awaitable[Mapping[str, Payload]]]
"""Fetches what a node is to be called with."""
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Halt:
    """A breakpoint that kept a node from starting."""

    path: Path
    node: NodeId
    attempt: int
    key: str
    """What the breakpoint is set at: the node, or `each/*/fetch` for all of its like."""
    point: Breakpoint
    trouble: str | None = None


class Gate:
    """Stands before the nodes of a leg. Once it has closed, nothing more starts in this walk."""

    def __init__(self, read: Callable[[], Awaitable[Orders | None]]) -> None:
        """Open. `read` asks the database what is wanted of the run."""
        self._read = read
        self._is_stale = False
        self.orders = Orders(seq=-1)
        self.is_closed = False
        self.halt: Halt | None = None
        self.stepped: tuple[Path, NodeId] | None = None
        """The node that a step is spent on."""
        self._unfinished: frozenset[Path] = frozenset()
        self._hurry = asyncio.Event()
        self._is_paused = False
        """Whether it is closed by a pause, which may be taken back while the walk goes on."""
        self._reopened = asyncio.Event()
        self.has_refused = False
        """Whether something has been sent away that a later walk has to come to."""
        self.pulse: Pulse | None = None
        """Of the walk. Without one nobody waits here: what may not start now is sent away."""

    @property
    def is_watched(self) -> bool:
        """Whether somebody debugs the run: then nothing starts before all word of them is heard."""
        return self._is_stale or self.orders.wish is not None or bool(self.orders.breakpoints)

    @property
    def is_free(self) -> bool:
        """Whether it lets everything pass, unasked."""
        return not (self.is_closed or self.is_watched)

    def obey(self, orders: Orders) -> None:
        """Take orders; older ones than were taken already change nothing."""
        if orders.seq <= self.orders.seq:
            return
        self.orders = orders
        if orders.wish == "pause":
            self._pause()
        elif self._is_paused and orders.wish is None:
            self._reopen()

    def heed(self, wish: str) -> None:
        """What a commit brought word of: `pause` closes at once, `halt` is to be read up."""
        if wish == "pause":
            self._pause()
        self._is_stale = wish == "halt"

    def take_over(self, record: Record) -> None:
        """Go on with a step that this leg had begun when its worker was lost."""
        if self.orders.wish != "step":
            return
        last = (a[-1] for a in record.attempts.values())
        begun = [each for each in last if each.leg == record.leg and each.block not in KINDS]
        spent = [last for last in begun if last.is_over]
        self._unfinished = frozenset(Path(last.path) for last in begun if not last.is_over)
        if spent:
            self.stepped = Path(spent[0].path), NodeId(spent[0].node)
            self._close()

    async def lets(
        self,
        path: Path,
        node: NodeId,
        attempt: int,
        inputs: Inputs,
        *,
        runs_others: bool = False,
    ) -> bool:
        """Whether a node may start now; asked once for each, in the order of the plan.

        A node that runs flows has no body: a step is spent on one of theirs.
        """
        if not await self._is_open():
            return False
        if self.orders.wish == "step":
            return runs_others or self._step(path, node)
        key, point = self.orders.breakpoint(node)
        if point is None or path in point.passed:
            return True
        trouble: str | None = None
        if point.when is not None:
            holds, trouble = await _told(point.when, inputs)
            if not holds:
                return not self.is_closed or await self._is_let_on()
        if not self.is_closed:
            self._close()
            self.halt = Halt(path, node, attempt, key, point, trouble)
        return False

    async def _is_open(self) -> bool:
        """Whether it is open, by what is wanted now; waits while a pause may be taken back."""
        if self._is_stale and not self.is_closed and self.orders.wish != "step":
            self._is_stale = False
            self.obey(await self._read() or self.orders)
        while self.is_closed:
            if not await self._is_let_on():
                return False
        return True

    def lets_on(self, path: Path) -> bool:
        """Whether a node that it let start, and that then waited for a person, may still begin."""
        lets = not self.is_closed or (self.stepped is not None and self.stepped[0] == path)
        self.has_refused = self.has_refused or not lets
        return lets

    async def rest(self, seconds: float) -> bool:
        """Wait before another attempt. False when there is to be none in this walk."""
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            return True
        return await self._is_let_on()

    async def _is_let_on(self) -> bool:
        """Wait for the pause to be taken back; False when that is not for this walk to see."""
        if self.pulse is None or not self._is_paused:
            self.has_refused = True
            return False
        self.pulse.end()
        try:
            await self._reopened.wait()
        finally:
            self.pulse.begin()
        return True

    def _pause(self) -> None:
        if not self.is_closed:
            self._close()
            self._is_paused = True
            self._reopened = asyncio.Event()

    def _reopen(self) -> None:
        self.is_closed = self._is_paused = False
        self._hurry = asyncio.Event()
        self._reopened.set()

    def _close(self) -> None:
        self.is_closed = True
        self._hurry.set()

    def _step(self, path: Path, node: NodeId) -> bool:
        if self._unfinished and path not in self._unfinished:
            return False
        self.stepped = path, node
        self.is_closed = True
        return True

    async def set_down(self, connection: AsyncConnection[_Row], run: RunId) -> Batch | None:
        """What is recorded when the run is set down; None when it is to go on after all.

        The caller holds the run's lock, which those who let it go on take too.
        """
        cursor = await connection.execute(ORDERS, (run,))
        row = await cursor.fetchone()
        assert row is not None
        orders = Orders.from_row(*row)
        reason, by = self._reason(orders)
        if reason is None:
            return None
        points = dict(orders.breakpoints)
        facts = [EventRow(now(), e.model_dump_json(), *place) for e, place in self._facts(orders)]
        if self.halt and (point := points.get(self.halt.key)):
            passed = (*point.passed, self.halt.path)
            points[self.halt.key] = Breakpoint(point.by, point.when, passed)
        kept = {node: point.to_json() for node, point in points.items()}
        await connection.execute(_SET_DOWN, (json.dumps(kept) if kept else None, run))
        paused = events.RunPaused(reason=reason, by=by)
        facts.append(EventRow(now(), paused.model_dump_json()))
        return Batch(events=facts, run=RunChange("paused"))

    def _reason(self, orders: Orders) -> tuple[str | None, str]:
        if self.halt and self.halt.key in orders.breakpoints:
            return f"halts before {self.halt.node}", self.halt.point.by
        if orders.wish == "step":
            return "ran one step" if self.stepped else "no step can start", orders.by
        if orders.wish == "pause":
            return f"paused by {orders.by}", orders.by
        return None, ""

    def _facts(self, orders: Orders) -> list[tuple["events.Event", tuple[str, str, int | None]]]:
        facts: list[tuple[events.Event, tuple[str, str, int | None]]] = []
        if self.stepped and orders.wish == "step":
            facts.append((events.Stepped(by=orders.by), (*self.stepped, None)))
        if self.halt and self.halt.key in orders.breakpoints:
            point = self.halt.point
            hit = events.BreakpointHit(when=point.when, by=point.by, trouble=self.halt.trouble)
            facts.append((hit, (self.halt.path, self.halt.node, self.halt.attempt)))
        return facts


async def _told(when: str, inputs: Inputs) -> tuple[bool, str | None]:
    """Whether a condition holds. One that cannot be told counts as if it did, and says why."""
    try:
        payloads = await inputs()
        condition = read_condition(when, frozenset(payloads))
        wanted = {port: payloads[port] for port in condition.ports}
        odd = [port for port, payload in wanted.items() if payload.media_type != JSON]
        if odd:
            return True, f"{odd[0]!r} is no JSON"
        values = {port: json.loads(bytes(payload.data)) for port, payload in wanted.items()}
        return condition.holds(values), None
    except ConditionInvalid as error:  # an optional input that is not there
        return True, error.message
    except Untold as error:
        return True, str(error)
    except NodeError:  # what it is to be called with cannot be had: it fails by itself
        return False, None


_SET_DOWN = """
UPDATE pai.run SET wish = NULL, wished_by = NULL, breakpoints = %s::json WHERE id = %s
"""
