"""What history tells."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ...ids import Json


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class PastRun(_Told):
    """A run."""

    run: str
    flow: str
    flow_hash: str
    status: str
    owner: str
    caller: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    forked_from: str | None = None
    replays: str | None = None
    is_sealed: bool = False


class PastStep(_Told):
    """One attempt at a step."""

    run: str
    flow: str
    path: str
    node: str
    block: str
    version: int
    effect: str
    attempt: int
    status: str
    worker: str
    owner: str
    caller: str
    started_at: datetime | None
    ended_at: datetime | None
    outputs: dict[str, Json] | None = None
    """As recorded: `{"json": …}` or `{"ref": …}`; a tombstone where it is no longer kept."""
    error: dict[str, Json] | None = None
    cost: dict[str, Json] | None = None
    reused_from: str | None = None


class Given(_Told):
    """What a step was given at one port, and where it came from.

    Not recorded again: it follows from the flow's edges and literals, and from what was recorded
    of the steps before.
    """

    port: str
    source: Literal["literal", "changed", "edge", "flow_input", "default", "control"]
    """`control`: the control node around filled it itself (an item, a round); `value` is None."""
    node: str | None = None
    """The node whose output it is."""
    output: str | None = None
    """Of that node."""
    value: dict[str, Json] | None = None
    """As recorded."""


class Where(_Told):
    """A port of a step."""

    run: str
    flow: str
    node: str
    path: str | None = None
    port: str
    at: datetime | None = None
    source: str = "edge"


class Use(_Told):
    """A step that read or wrote a thing in memory."""

    run: str
    flow: str
    path: str
    node: str | None
    attempt: int
    layer: str
    target: str
    version: str
    mode: Literal["read", "write"]
    at: datetime | None


class Cost(_Told):
    """What was spent by one group of steps."""

    group: str
    tokens: int
    money: dict[str, float]
    """By currency."""
    seconds: float
    """In bodies."""
    steps: int


class Sealed(_Told):
    """Whether what is recorded of a run is what was sealed."""

    run: str
    is_intact: bool
    n: int | None
    """The number of its seal; None when it has none yet."""
    root: str
    """The hash of what is recorded now."""
    hash: str | None
    """Of the seal, and by the one before of all runs before."""
    what: str = ""
    """What is wrong."""
