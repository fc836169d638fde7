"""What a flow is: nodes, edges, typed inputs and outputs. Frozen data, no behaviour beyond look-up.

Its JSON form is `.flow.json`, written by `flow.codec`. Fields are added, never renamed.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..ids import Json, JsonSchema

SCHEMA_VERSION: Literal[1] = 1
INPUT = "$input"
"""Source node of an edge that carries a flow input."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PortRef(_Frozen):
    """A port of a node."""

    node: str
    port: str

    def __str__(self) -> str:
        return f"{self.node}.{self.port}"


class Edge(_Frozen):
    """A connection: the value at `source` becomes the value at `target`."""

    source: PortRef
    target: PortRef


class Retry(_Frozen):
    """Try a failed body again, with exponential back-off."""

    attempts: int = Field(default=1, ge=1, le=100)
    """How often the body may run in all; 1 means no retry."""
    backoff_s: float = Field(default=0.5, ge=0)
    """Wait before the second attempt; doubles each time."""
    max_backoff_s: float = Field(default=60.0, ge=0)


EXPIRES_MAX_S = 10 * 366 * 86_400
"""The longest that a question may wait."""


class Approval(_Frozen):
    """The body runs only when a person has seen what it will do, and said yes."""

    by: tuple[str, ...] = ()
    """Who may answer; anybody of the workspace when empty."""
    text: str = Field(default="", max_length=10_000)
    """What to ask; left out, the block's title makes the question."""
    expires_s: float | None = Field(default=None, gt=0, le=EXPIRES_MAX_S)
    """How long there is to answer; left out, for ever."""
    at_expiry: Literal["reject", "approve", "fail"] = "reject"
    """What no answer in time means."""


POLICY_KEY_MAX = 200
PERIOD_MAX_S = 366 * 86_400
CACHE_MAX_S = 10 * 366 * 86_400


class Rate(_Frozen):
    """So many starts in any period of so many seconds, over all workers of the workspace."""

    times: int = Field(ge=1, le=10_000)
    per_s: float = Field(gt=0, le=PERIOD_MAX_S)
    key: str = Field(default="", max_length=POLICY_KEY_MAX)
    """Nodes with the same one share the rate; left out, nodes of the same block do."""


class Breaker(_Frozen):
    """After so many failures nobody calls for a while; then one tries whether it works again."""

    failures: int = Field(default=5, ge=1, le=1_000)
    within_s: float = Field(default=60.0, gt=0, le=PERIOD_MAX_S)
    open_s: float = Field(default=30.0, gt=0, le=PERIOD_MAX_S)
    """How long nobody calls."""
    key: str = Field(default="", max_length=POLICY_KEY_MAX)
    """Nodes with the same one share it; left out, nodes of the same block do."""


class Budget(_Frozen):
    """What may be spent before a person is asked. Of zero, they are asked before anything is."""

    tokens: int | None = Field(default=None, ge=0, le=10**15)
    money: float | None = Field(default=None, ge=0, le=1e9)
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$")
    """Of `money`."""
    seconds: float | None = Field(default=None, ge=0, le=CACHE_MAX_S)
    """Time in bodies, added up over branches."""


class Policy(_Frozen):
    """How a node deals with trouble; each field left out falls back to what its block declares."""

    retry: Retry | None = None
    timeout_s: float | None = Field(default=None, gt=0)
    """Limit for one attempt."""
    approval: Approval | None = None
    """Asks a person before the body runs."""
    rate: Rate | None = None
    """Waits its turn before each attempt."""
    cache_s: float | None = Field(default=None, gt=0, le=CACHE_MAX_S)
    """For how long a result on the same inputs is used again, in the whole workspace."""
    breaker: Breaker | None = None
    """Fails at once while what it calls keeps failing."""
    budget: Budget | None = None
    """Of the node; at a node that is a flow, of all nodes inside."""


class Node(_Frozen):
    """A block placed in a flow."""

    id: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*$", max_length=500)
    """Unique in its flow. A slash stands only in an expanded flow, between a flow's node
    and the nodes inside."""
    block: str
    """`family.name` (built in), `module:function` (yours) or `flow:name` (of `FlowSpec.flows`)."""
    version: int = 1
    values: dict[str, Json] = {}
    """Literals of inputs that no edge feeds."""
    policy: Policy | None = None
    flows: dict[Identifier, Identifier] = {}
    """Flows (of `FlowSpec.flows`) that a control node runs, by the part that each plays."""


class FlowInput(_Frozen):
    """A typed input. Has a default only if `default` was set, so that null can be a default."""

    type: JsonSchema
    default: Json = None

    @property
    def has_default(self) -> bool:
        """Whether the input may be left out."""
        return "default" in self.model_fields_set


class Position(_Frozen):
    """Where a node is drawn, in pixels."""

    x: float
    y: float


class FlowSpec(_Frozen):
    """The drawn graph."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str = Field(min_length=1, max_length=200)
    inputs: dict[Identifier, FlowInput] = {}
    outputs: dict[Identifier, PortRef] = {}
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    flows: dict[Identifier, "FlowSpec"] = {}
    """Flows used as blocks, by the name in `flow:name` or in `Node.flows`."""
    budget: Budget | None = None
    """Of all its nodes together."""
    budgets: dict[str, Budget] = {}
    """In an expanded flow: of the nodes whose ids begin so (`outer/`)."""
    layout: dict[str, Position] = {}
    """Positions apart from the graph, so that moving a node changes no meaning and no hash."""

    def node(self, node_id: str) -> Node | None:
        """Find a node by its id."""
        return next((node for node in self.nodes if node.id == node_id), None)
