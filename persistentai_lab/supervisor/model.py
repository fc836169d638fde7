"""What a runtime's processes are doing, as people and programs read it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["running", "starting", "stopped", "backing_off", "not_answering"]


class ProcessStatus(BaseModel):
    """One process. What it says was looked at, not remembered."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: State
    pid: int | None = None
    since: datetime | None = None
    """When it got into this state."""
    restarts: int = 0
    detail: str = ""
    """What is wrong, and what happens next. Empty when all is well."""
    log: tuple[str, ...] = ()
    """The last lines of its log, when it died."""


class Status(BaseModel):
    """A runtime at one moment."""

    model_config = ConfigDict(frozen=True)

    home: str
    supervisor: ProcessStatus
    postgres: ProcessStatus
    gateway: ProcessStatus
    workers: tuple[ProcessStatus, ...]
    problems: tuple[str, ...] = ()
    """What is wrong beyond single processes (a disk that fills up)."""

    @property
    def processes(self) -> tuple[ProcessStatus, ...]:
        """All of them, in the order in which they are started."""
        return (self.supervisor, self.postgres, self.gateway, *self.workers)

    @property
    def is_up(self) -> bool:
        """Whether flows can run: everything runs and answers."""
        return bool(self.workers) and all(found.state == "running" for found in self.processes)


class Seen(BaseModel):
    """What the supervisor last knew of one process: its status, and which process it was."""

    status: ProcessStatus
    started: str = ""
    """Tells the process from a later one with the same pid."""


class Record(BaseModel):
    """The supervisor's own notes, for `status` and for its successor."""

    supervisor: Seen
    postgres: Seen | None = None
    children: dict[str, Seen] = Field(default_factory=dict)
