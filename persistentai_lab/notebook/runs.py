"""The runs of the runtime: a table in a cell, and each of them a `Run` to go on with."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from ..client import Client, RunSummary
from ..client.words import ago, between, shape, shorten
from ..errors import RunNotFound
from ..ids import RunId
from .run import Run
from .runtime import runtime

if TYPE_CHECKING:
    from ..flow.flow import Flow

_MOST = 500
"""Among how many runs those of a flow are looked for."""


class Runs(Sequence[Run[Any]]):
    """Runs, newest first, by position or by id; a table in a cell."""

    def __init__(self, summaries: Iterable[RunSummary], client: Client | None = None) -> None:
        self.summaries = tuple(summaries)
        """As plain data: `pd.DataFrame(pai.runs().summaries)`."""
        self._client = client

    @overload
    def __getitem__(self, which: int | str, /) -> Run[Any]: ...
    @overload
    def __getitem__(self, which: slice, /) -> "Runs": ...
    def __getitem__(self, which: int | str | slice, /) -> "Run[Any] | Runs":
        if isinstance(which, slice):
            return Runs(self.summaries[which], self._client)
        if isinstance(which, str):
            return self._run(self._named(which))
        return self._run(self.summaries[which])

    def __len__(self) -> int:
        return len(self.summaries)

    def __iter__(self) -> Iterator[Run[Any]]:
        return map(self._run, self.summaries)

    def _run(self, summary: RunSummary) -> Run[Any]:
        return Run(summary.run_id, client=self._client)

    def _named(self, run_id: str) -> RunSummary:
        for summary in self.summaries:
            if summary.run_id == run_id:
                return summary
        raise RunNotFound(RunId(run_id))

    def _ipython_key_completions_(self) -> list[str]:
        return [summary.run_id for summary in self.summaries]

    def __repr__(self) -> str:
        return "\n".join(map(_line, self.summaries)) or "<no runs>"

    def _repr_html_(self) -> str:
        from .tables import runs_html

        return runs_html(self.summaries)


def runs(
    *,
    limit: int = 20,
    status: str | None = None,
    flow: "str | Flow[..., Any] | None" = None,
    stuck: bool = False,
) -> Runs:
    """The latest runs of the runtime, newest first.

    Args:
        limit: How many.
        status: Only those in this state.
        flow: Only those of this flow.
        stuck: Only those that nothing will ever move again.
    """
    client = runtime()
    if flow is None:
        return Runs(client.runs(limit=limit, status=status, stuck=stuck), client)
    name = flow if isinstance(flow, str) else flow.name
    found = client.runs(limit=_MOST, status=status, stuck=stuck)
    return Runs([run for run in found if run.flow == name][:limit], client)


def _line(run: RunSummary) -> str:
    state = f"{shape(run.status)} {run.status}"
    steps = f"{run.steps_done}/{run.steps_total}"
    took = between(run.started_at, run.ended_at)
    return (
        f"{run.run_id:<22}  {shorten(run.flow, 30):<30}  {state:<12} {steps:>7}  "
        f"{took:<10} {ago(run.created_at)}"
    ).rstrip()
