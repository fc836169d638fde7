"""What may be asked of history. Nothing may be done to it: runs write it."""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from ...ids import Json
from ..layer import Command, Query

PAGE_MAX = 10_000
_Limit = Annotated[int, Field(ge=1, le=PAGE_MAX)]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Mode = Literal["read", "write"]
By = Literal["flow", "block", "node", "model", "day", "owner", "run"]


class _InTime(Query):
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class Runs(_InTime):
    """Runs, the newest first. Answers with `list[PastRun]`."""

    op: ClassVar[str] = "history.runs"

    flow: str | None = None
    status: str | None = None
    owner: str | None = None
    limit: _Limit = 100


class Steps(_InTime):
    """Attempts at steps, the newest first. Answers with `list[PastStep]`."""

    op: ClassVar[str] = "history.steps"

    run: str | None = None
    flow: str | None = None
    node: str | None = None
    """Its id in the run, or the beginning of ids inside it (`each/`)."""
    block: str | None = None
    status: str | None = None
    effect: str | None = None
    with_cost: bool = False
    """Only those that have spent something."""
    limit: _Limit = 100


class ValueOf(Query):
    """What a step gave. Answers as recorded. Raises `NotInMemory`."""

    op: ClassVar[str] = "history.value_of"

    run: str
    node: str
    port: str = "result"


class InputsOf(Query):
    """What a step was given. Answers with `list[Given]`. Raises `NotInMemory`."""

    op: ClassVar[str] = "history.inputs_of"

    run: str
    node: str


class _Valued(_InTime):
    value: Json = None
    sha256: _Hash | None = None
    """Of a value by reference, or of one that is no longer kept; then `value` is not looked at."""
    contains: bool = False
    """Whether a value that contains this one will do."""
    limit: _Limit = 100


class MadeBy(_Valued):
    """Which steps gave a value. Answers with `list[Where]`."""

    op: ClassVar[str] = "history.made_by"


class RanWith(_Valued):
    """Which steps were given a value. Answers with `list[Where]`."""

    op: ClassVar[str] = "history.ran_with"


class UsesOf(_InTime):
    """Which steps read or wrote a thing in memory. Answers with `list[Use]`."""

    op: ClassVar[str] = "history.uses"

    in_layer: str
    target: str
    """The feed, the record's key, or `branch/path` of a file."""
    version: str | None = None
    mode: Mode | None = None
    limit: _Limit = 100


class CostBy(_InTime):
    """What was spent, by groups. Answers with `list[Cost]`."""

    op: ClassVar[str] = "history.cost"

    by: By = "flow"
    flow: str | None = None
    limit: _Limit = 1_000


class Lineage(Query):
    """What came of a thing, and what it came of. Answers with a graph as networkx reads it."""

    op: ClassVar[str] = "history.lineage"

    of: Annotated[str, Field(pattern=r"^[a-z_]+:.+$", max_length=2_000)]
    """`run:r-…`, `feed:room/a`, `files:main/a.csv`, `files:main/a.csv@HASH`, `records:key`, …"""
    direction: Literal["up", "down", "both"] = "both"
    depth: Annotated[int, Field(ge=1, le=50)] = 5
    limit: Annotated[int, Field(ge=1, le=5_000)] = 500
    """Nodes at most; the graph says when it was cut."""


class VerifyRun(Query):
    """Whether what is recorded of a run is what was sealed. Answers with `Sealed`."""

    op: ClassVar[str] = "history.verify"

    run: str


QUERIES: tuple[type[Query], ...] = (
    Runs, Steps, ValueOf, InputsOf, MadeBy, RanWith, UsesOf, CostBy, Lineage, VerifyRun,
)  # fmt: skip
COMMANDS: tuple[type[Command], ...] = ()
