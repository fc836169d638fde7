"""What a run is pinned to before it begins: the flow, its plan, the code of people's own blocks."""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from ...errors import FlowInvalid
from ...flow.check import check, check_inputs
from ...flow.codec import flow_hash
from ...flow.environment import Environment
from ...flow.expand import expand
from ...flow.model import FlowSpec
from ...flow.scope import look_up
from ...flow.signature import Signature
from ...ids import Json, RunId
from ...plan import Plan, compile_plan
from ...security.identity import Identity
from ..claim import PRIORITY
from ..records.record import all_nodes, version_key

Refs = Mapping[str, Mapping[str, Json]]
"""Inputs that are no JSON, by name: `ref` (their hash), `media_type`, `size`, `about`, `head`."""

_SIGNATURES = TypeAdapter(dict[str, Signature])


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the caller's whose blocks the flow uses, pinned by its text."""

    name: str
    source: str
    signatures: tuple[Signature, ...]
    environment: Environment | None = None

    @property
    def sha256(self) -> str:
        """What the run is pinned to: the text and the Python that it is for."""
        environment = self._environment()
        text = self.source if environment is None else f"{self.source}\0{environment}"
        return hashlib.sha256(text.encode()).hexdigest()

    def row(self) -> dict[str, str | None]:
        """As it is kept."""
        return {
            "sha256": self.sha256,
            "module": self.name,
            "source": self.source,
            "environment": self._environment(),
        }

    def _environment(self) -> str | None:
        return None if self.environment is None else self.environment.model_dump_json()


@dataclass(frozen=True)
class Pinned:
    """A version of a flow, checked and compiled."""

    name: str
    spec: FlowSpec
    """Expanded: no subflows."""
    plan: Plan
    signatures: dict[str, Signature]
    """By `version_key`."""
    defaults: dict[str, Json]
    """Of the flow's inputs."""
    flow_hash: str

    @cached_property
    def row(self) -> Mapping[str, str]:
        """As it is kept."""
        return {
            "flow_hash": self.flow_hash,
            "plan_hash": self.plan.hash,
            "name": self.name,
            "spec": self.spec.model_dump_json(exclude_unset=True),
            "plan": json.dumps(self.plan.to_json()),
            "signatures": _SIGNATURES.dump_json(self.signatures).decode(),
        }


def pin(
    flow: FlowSpec,
    inputs: Mapping[str, Json],
    refs: Refs,
    catalogue: Mapping[str, Signature],
    *,
    is_expanded: bool = False,
) -> Pinned:
    """Check and compile. Raises `FlowInvalid` with every problem of the flow and the inputs."""
    found = check(flow, catalogue, is_expanded=is_expanded)
    problems = [*found, *check_inputs(flow, inputs, media_types(refs))]
    if problems:
        raise FlowInvalid(problems)
    return compiled(flow, catalogue)


def media_types(refs: Refs) -> dict[str, str]:
    """What the inputs are that are no JSON."""
    return {name: str(ref["media_type"]) for name, ref in refs.items()}


def compiled(flow: FlowSpec, catalogue: Mapping[str, Signature]) -> Pinned:
    """A version of a flow that has been checked."""
    spec = expand(flow)
    used = {
        version_key(node): signature
        for node in all_nodes(spec)
        if (signature := look_up(node, catalogue))
    }
    defaults = {name: port.default for name, port in flow.inputs.items() if port.has_default}
    return Pinned(flow.name, spec, compile_plan(spec), used, defaults, flow_hash(spec))


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that somebody wishes."""

    by: Identity
    key: str | None
    version: Pinned
    code: Mapping[str, str]
    """Unit of code → hash of its pinned text."""
    inputs: Mapping[str, Json]
    """Defaults included."""
    refs: Refs
    reuse: RunId | None = None
    """The run whose records it begins with."""
    anew: tuple[str, ...] = ()
    """Nodes that run although they are recorded."""
    priority: int = PRIORITY
    """The smaller, the earlier, among the runs of a workspace."""
    trigger: Mapping[str, Json] | None = None
    """What started it, when no person did."""
    owner: str | None = None
    """Whose flow it is, if not that of who asks."""
    parent: RunId | None = None
    """The run that starts it."""
    run: RunId = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "run", run_id(self.by, self.key))

    @property
    def who(self) -> dict[str, str]:
        """On whose behalf."""
        owner = self.owner or self.by.user
        return {"workspace": self.by.workspace, "owner": owner, "caller": self.by.user}

    def row(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            **self.who,
            "id": self.run,
            "flow": self.version.name,
            "flow_hash": self.version.flow_hash,
            "plan_hash": self.version.plan.hash,
            "code": json.dumps(dict(self.code)),
            "inputs": json.dumps(dict(self.inputs)),
            "refs": json.dumps({name: dict(ref) for name, ref in self.refs.items()}),
            "steps": len(self.version.spec.nodes),
            "forked_from": self.reuse,
            "priority": self.priority,
            "trigger": None if self.trigger is None else json.dumps(dict(self.trigger)),
        }


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def run_id(by: Identity, key: str | None) -> RunId:
    """Sortable by time, short enough to say; derived from the key when there is one."""
    if key:
        digest = hashlib.sha256(f"{by.workspace}\0{by.user}\0{key}".encode()).hexdigest()
        return RunId(f"r-{digest[:20]}")
    number, digits = int(time.time() * 1000), ""
    while number:
        number, digit = divmod(number, 32)
        digits = _ALPHABET[digit] + digits
    return RunId(f"r-{digits}{''.join(secrets.choice(_ALPHABET) for _ in range(5))}")
