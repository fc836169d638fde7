"""What all control calls have in common: they place a node that runs flows."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from ..blocks import Block
from ..blocks.block import policy_of
from ..errors import TraceError
from ..flow.control.outside import seen_outside
from ..flow.model import Budget, Node, Policy, Retry
from ..flow.trace import Placing, Recorder, fresh_name, node_name
from ..flow.traced import Outputs, Traced
from ..ids import Json, JsonSchema
from .bodies import AnyFunction, Body, body_of


class Control:
    """A control call. `with_` gives the same one with wishes for its node."""

    block: ClassVar[Block[..., Any]]

    def __init__(self) -> None:
        self._id: str | None = None
        self._names: Mapping[str, str] = {}
        self._aliases: Mapping[str, str] = {}
        self._policy: Policy | None = None

    def with_(
        self,
        *,
        id: str | None = None,
        names: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
        retry: int | Retry | Mapping[str, float] | None = None,
        timeout_s: float | None = None,
        budget: Budget | Mapping[str, Any] | None = None,
    ) -> Self:
        """The same call with wishes for its node: `pai.each.with_(id="scores")(rows, score)`.

        Args:
            id: Id of the node, if its kind's name won't do.
            names: Inputs of the flows inside that the node fills, by its ports (`item`, `into`, …),
                if they are not the first ones.
            aliases: Names of the flows inside, by the part that each plays.
            retry: How often the flows inside are run in all if one fails, each time anew.
            timeout_s: How long they may take together, in seconds, waits for people included. When
                it is over, what runs inside is stopped.
            budget: What they may spend together before a person is asked, as `{"tokens": 1000}`.
        """
        wished = type(self)()
        wished._id, wished._names, wished._aliases = id, names or {}, aliases or {}
        wished._policy = policy_of(retry, timeout_s, budget=budget)
        return wished

    def _body(
        self,
        recorder: Recorder,
        role: str,
        func: AnyFunction,
        positional: Sequence[tuple[str, JsonSchema]] = (),
        named: Mapping[str, object] | None = None,
    ) -> Body:
        """Draw a flow for a part; `named` are the values that it may take by name."""
        types = {name: recorder.type_of(value) for name, value in (named or {}).items()}
        return body_of(func, recorder, positional, types, role)

    def _name(self, port: str, body: Body, position: int) -> str:
        """Which input of a flow inside the node fills: as wished, or the one at this position."""
        if port in self._names:
            return self._names[port]
        if len(body.order) <= position:
            raise TraceError(
                f"{body.spec.name!r} takes {len(body.order)} inputs; one more is filled here.",
                remedy=f"Give it an input for the {port} of `{self.block.name}`.",
            )
        return body.order[position]

    def _place(
        self,
        recorder: Recorder,
        bodies: Mapping[str, Body],
        values: Mapping[str, object],
        shared: Sequence[Mapping[str, object]],
    ) -> Traced | Outputs:
        """Place the node.

        Args:
            recorder: The flow being drawn.
            bodies: The flows inside, by their parts.
            values: Of the node's own ports.
            shared: What the flows inside are given, by the names of their inputs.
        """
        base = self.block.signature
        flows: dict[str, str] = {}
        for role, body in sorted(bodies.items()):
            recorder.signatures.update(body.signatures)
            for unit, source in body.sources.items():
                recorder.take(unit, source)
            flows[role] = recorder.take_flow(body.spec, self._aliases.get(role))
        node_id = self._id or fresh_name(node_name(base.block), recorder.nodes)
        literals: dict[str, Json] = {
            name: value  # type: ignore[misc]  # what is no JSON is refused when it is placed
            for name, value in values.items()
            if not isinstance(value, Traced | Outputs)
        }
        seen = {role: body.outside(flows[role]) for role, body in bodies.items()}
        node = Node(id="here", block=base.block, values=literals, flows=flows)
        signature = seen_outside(node, base, seen)
        given = {**values, **self._shared(shared, node_id, values)}
        placing = Placing(node_id=node_id, flows=flows, policy=self._policy)
        outputs = recorder.place(signature, (), given, placing)
        recorder.signatures[base.block] = base
        return outputs

    def _shared(
        self, shared: Sequence[Mapping[str, object]], node_id: str, own: Mapping[str, object]
    ) -> dict[str, object]:
        found: dict[str, object] = {}
        for given in shared:
            for name, value in given.items():
                if name in own or (name in found and not _same(found[name], value)):
                    raise TraceError(
                        f"{node_id!r} would get two values for {name!r}.",
                        remedy="Rename an input of one of its flows, or pass values by name.",
                        node=node_id,
                        port=name,
                    )
                found[name] = value
        return found


def _same(one: object, other: object) -> bool:
    if isinstance(one, Traced) and isinstance(other, Traced):
        same: bool = one._ref == other._ref and one._owner is other._owner
        return same
    return one is other or (not isinstance(one, Traced | Outputs) and bool(one == other))
