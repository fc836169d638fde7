"""History, as a client asks for it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from ...ids import Json
from ...memory.history.asks import By, Mode
from ...memory.history.model import Cost, Given, PastRun, PastStep, Sealed, Use, Where
from ..transport import Transport

_RUNS = TypeAdapter(list[PastRun])
_STEPS = TypeAdapter(list[PastStep])
_GIVEN = TypeAdapter(list[Given])
_WHERE = TypeAdapter(list[Where])
_USES = TypeAdapter(list[Use])
_COSTS = TypeAdapter(list[Cost])


class History:
    """What runs did, with what, at which cost, and the proof of it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def runs(
        self,
        *,
        flow: str | None = None,
        status: str | None = None,
        owner: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[PastRun]:
        """Runs, the newest first."""
        asked = {"flow": flow, "status": status, "owner": owner, "since": since, "until": until}
        return _RUNS.validate_python(self._get("runs", limit=limit, **asked)["runs"])

    def steps(
        self,
        *,
        run: str | None = None,
        flow: str | None = None,
        node: str | None = None,
        block: str | None = None,
        status: str | None = None,
        effect: str | None = None,
        with_cost: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[PastStep]:
        """Attempts at steps, the newest first."""
        asked = {"run": run, "flow": flow, "node": node, "block": block, "status": status}
        asked |= {"effect": effect, "with_cost": "true" if with_cost else None}
        found = self._get("steps", limit=limit, since=since, until=until, **asked)
        return _STEPS.validate_python(found["steps"])

    def value_of(self, run: str, node: str, port: str = "result") -> dict[str, Json]:
        """What a step gave, as recorded: `{"json": …}`, `{"ref": …}`, or a tombstone."""
        found: dict[str, Json] = self._get("value", run=run, node=node, port=port)["value"]
        return found

    def inputs_of(self, run: str, node: str) -> list[Given]:
        """What a step was given, and where it came from."""
        return _GIVEN.validate_python(self._get("inputs", run=run, node=node)["inputs"])

    def made_by(
        self, value: Json = None, *, sha256: str | None = None, contains: bool = False
    ) -> list[Where]:
        """Which steps gave a value."""
        return self._find("made-by", value, sha256, contains)

    def ran_with(
        self, value: Json = None, *, sha256: str | None = None, contains: bool = False
    ) -> list[Where]:
        """Which steps were given a value, by an edge, as an input of the flow, or as a literal."""
        return self._find("ran-with", value, sha256, contains)

    def uses(
        self,
        layer: str,
        target: str,
        *,
        version: str | None = None,
        mode: Mode | None = None,
        limit: int = 100,
    ) -> list[Use]:
        """Which steps read or wrote a thing in memory: `("files", "main/a.csv")`."""
        asked = {"layer": layer, "target": target, "version": version, "mode": mode}
        return _USES.validate_python(self._get("uses", limit=limit, **asked)["uses"])

    def cost(
        self,
        by: By = "flow",
        *,
        flow: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Cost]:
        """What was spent, by groups. `model` is what a node says: steps don't record it."""
        found = self._get("cost", group=by, flow=flow, since=since, until=until)
        return _COSTS.validate_python(found["costs"])

    def lineage(
        self,
        of: str,
        *,
        direction: Literal["up", "down", "both"] = "both",
        depth: int = 5,
        limit: int = 500,
    ) -> dict[str, Any]:
        """What came of a thing, and what it came of.

        Args:
            of: `run:r-…`, `feed:room/a`, `files:main/a.csv@HASH`, `records:key`, …
            direction: To causes, to effects, or both.
            depth: How many edges away at most.
            limit: How many nodes at most; `graph["graph"]["is_cut"]` says whether there are more.

        Returns:
            What `networkx.node_link_graph(…, edges="edges")` reads.
        """
        found: dict[str, Any] = self._get(
            "lineage", of=of, direction=direction, depth=depth, limit=limit
        )
        return found

    def verify(self, run: str) -> Sealed:
        """Whether what is recorded of a run is what was sealed when it had ended."""
        return Sealed.model_validate(self._get("verify", run=run))

    def bundle(
        self,
        runs: Sequence[str] = (),
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[bytes]:
        """The audit bundle (a zip) of some runs, or of those of a span of time, in pieces."""
        params = _params(run=list(runs), since=since, until=until)
        return self._transport.stream("/memory/history/bundle", params=params)

    def _find(self, what: str, value: Json, sha256: str | None, contains: bool) -> list[Where]:
        body = {"value": value, "sha256": sha256, "contains": contains}
        found = self._transport.post(f"/memory/history/{what}", body)
        return _WHERE.validate_python(found["steps"])

    def _get(self, what: str, **asked: Any) -> Any:
        return self._transport.get(f"/memory/history/{what}", _params(**asked))


def _params(**asked: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asked.items()
        if value not in (None, [])
    }
