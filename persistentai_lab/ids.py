"""Names for the things that are passed around most. The innermost module of all."""

from typing import NewType

from typing_extensions import TypeAliasType

Json = TypeAliasType("Json", "bool | int | float | str | list[Json] | dict[str, Json] | None")
"""Any JSON value, as Python's own types."""

JsonSchema = dict[str, Json]
"""A JSON Schema (2020-12), as Pydantic writes it."""

RunId = NewType("RunId", str)
"""One execution of one pinned version of a flow, `r-…`."""

NodeId = NewType("NodeId", str)
"""A node inside its flow; inside a subflow `outer/inner`."""

Path = NewType("Path", str)
"""Where a node stands in the plan (`s0/p2/fetch`), whoever finishes first."""

Workspace = NewType("Workspace", str)
"""The boundary of isolation: every row of every table carries it."""

Seq = NewType("Seq", int)
"""Position in a run's ordered list of events, counted from 1."""

START = Seq(0)
"""Before the first event."""

DEFAULT_WORKSPACE = Workspace("default")
