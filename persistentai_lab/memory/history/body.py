"""History, as a body is lent it."""

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from ...ids import Json
from ..layer import Ask
from .asks import By, CostBy, Lineage, MadeBy, Mode, RanWith, Runs, Steps, UsesOf, ValueOf
from .model import Cost, PastRun, PastStep, Use, Where

_RUNS = TypeAdapter(list[PastRun])
_STEPS = TypeAdapter(list[PastStep])
_WHERE = TypeAdapter(list[Where])
_USES = TypeAdapter(list[Use])
_COSTS = TypeAdapter(list[Cost])


class History:
    """What runs did."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def runs(
        self, *, flow: str | None = None, status: str | None = None, limit: int = 100
    ) -> list[PastRun]:
        """Runs, the newest first."""
        query = Runs(flow=flow, status=status, limit=limit)
        return _RUNS.validate_python((await self._ask(query)).value)

    async def steps(
        self,
        *,
        run: str | None = None,
        flow: str | None = None,
        node: str | None = None,
        block: str | None = None,
        status: str | None = None,
        limit: int = 100,
    ) -> list[PastStep]:
        """Attempts at steps, the newest first."""
        query = Steps(run=run, flow=flow, node=node, block=block, status=status, limit=limit)
        return _STEPS.validate_python((await self._ask(query)).value)

    async def value_of(self, run: str, node: str, port: str = "result") -> dict[str, Json]:
        """What a step gave, as recorded."""
        found: Any = (await self._ask(ValueOf(run=run, node=node, port=port))).value
        return found  # type: ignore[no-any-return]

    async def made_by(self, value: Json, *, contains: bool = False) -> list[Where]:
        """Which steps gave a value."""
        query = MadeBy(value=value, contains=contains)
        return _WHERE.validate_python((await self._ask(query)).value)

    async def ran_with(self, value: Json, *, contains: bool = False) -> list[Where]:
        """Which steps were given a value."""
        query = RanWith(value=value, contains=contains)
        return _WHERE.validate_python((await self._ask(query)).value)

    async def uses(
        self, layer: str, target: str, *, version: str | None = None, mode: Mode | None = None
    ) -> list[Use]:
        """Which steps read or wrote a thing in memory."""
        query = UsesOf(in_layer=layer, target=target, version=version, mode=mode)
        return _USES.validate_python((await self._ask(query)).value)

    async def cost(
        self, by: By = "flow", *, flow: str | None = None, since: datetime | None = None
    ) -> list[Cost]:
        """What was spent, by groups."""
        query = CostBy(by=by, flow=flow, since=since)
        return _COSTS.validate_python((await self._ask(query)).value)

    async def lineage(self, of: str, *, direction: str = "both", depth: int = 5) -> dict[str, Any]:
        """What came of a thing, and what it came of, as a graph."""
        query = Lineage(of=of, direction=direction, depth=depth)  # type: ignore[arg-type]
        found: Any = (await self._ask(query)).value
        return found  # type: ignore[no-any-return]
