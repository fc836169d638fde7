"""Who writes to memory, or looks into it."""

from dataclasses import dataclass

from ..ids import Path, RunId, Workspace


@dataclass(frozen=True, slots=True)
class Author:
    """A person, or a step of a run for its owner and its caller. Every row says it."""

    workspace: Workspace
    owner: str
    caller: str
    run: RunId | None = None
    path: Path | None = None
    """Of the step."""
