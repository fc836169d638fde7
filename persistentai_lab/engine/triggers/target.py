"""What a trigger starts: a pinned version of a flow, on behalf of whoever made the trigger.

It is pinned when the trigger is made, as a run is when it is started: editing a cell afterwards
changes nothing until the trigger is made anew.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ...errors import FlowInvalid, Problem, RunNotFound
from ...flow.check import check, check_inputs
from ...flow.model import FlowSpec
from ...flow.signature import Signature
from ...ids import Json, RunId
from ...security.identity import Identity
from ..commands.append import execute
from ..commands.pinned import Asked, Module, Pinned, compiled
from ..commands.starting import Started, insert_run, keep_code, keep_version
from ..legs import LegQueue
from ..records.record import parse_version

COLUMNS = """t.workspace, t.name, t.owner, t.code, t.inputs, t.flow_hash, v.name AS flow,
    v.spec::text AS spec, v.plan::text AS plan, v.signatures::text AS signatures"""
"""What `Target.from_row` needs of a trigger `t` and its version `v`."""


@dataclass(frozen=True, slots=True)
class Target:
    """A flow that is to be started again and again."""

    by: Identity
    version: Pinned
    code: Mapping[str, str]
    """Unit of code → hash of its pinned text."""
    inputs: Mapping[str, Json] = field(default_factory=dict)
    """Those that are the same every time."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Target":
        """As it is kept."""
        version = parse_version(row["spec"], row["plan"], row["signatures"])
        pinned = Pinned(
            row["flow"],
            version.spec,
            version.plan,
            version.signatures,
            {name: it.default for name, it in version.spec.inputs.items() if it.has_default},
            row["flow_hash"],
        )
        by = Identity(user=row["owner"], workspace=row["workspace"])
        return cls(by, pinned, row["code"], row["inputs"])

    @property
    def who(self) -> dict[str, str]:
        """On whose behalf."""
        return {"workspace": self.by.workspace, "owner": self.by.user, "caller": self.by.user}

    def row(self) -> dict[str, Any]:
        """As it is kept."""
        return self.who | {
            "flow_hash": self.version.flow_hash,
            "plan_hash": self.version.plan.hash,
            "code": json.dumps(dict(self.code)),
            "inputs": json.dumps(dict(self.inputs)),
        }

    def start(
        self,
        queue: LegQueue,
        connection: sa.Connection,
        key: str | None,
        trigger: Mapping[str, Json],
        inputs: Mapping[str, Json] | None = None,
        by: Identity | None = None,
    ) -> Started:
        """Start a run, in the caller's transaction. With the same `key`, it is the same run.

        Args:
            queue: Where its leg goes.
            connection: The transaction.
            key: Names this firing or delivery.
            trigger: What started it, for people.
            inputs: What comes with it.
            by: Who asks for it now. Left out, nobody: it starts by itself.

        Raises:
            FlowInvalid: What comes with it does not fit.
            KeyReused: The key came before, with something else.
        """
        given = {**self.inputs, **(inputs or {})}
        problems = check_inputs(self.version.spec, given)
        if problems:
            raise FlowInvalid(problems)
        asked = Asked(
            by or self.by,
            key,
            self.version,
            self.code,
            {**self.version.defaults, **given},
            {},
            trigger=trigger,
            owner=self.by.user,
        )
        return insert_run(queue, connection, asked)


def make_target(
    flow: FlowSpec,
    inputs: Mapping[str, Json],
    modules: tuple[Module, ...],
    by: Identity,
    builtin: Mapping[str, Signature],
    *,
    to_come: frozenset[str] = frozenset(),
) -> Target:
    """Check and compile what a trigger is to start.

    Args:
        flow: The flow.
        inputs: Those that are the same every time.
        modules: The caller's own code that it uses.
        by: Who asks.
        builtin: The blocks that come with the runtime.
        to_come: Inputs that each start brings.

    Raises:
        FlowInvalid: With every problem of flow and inputs.
    """
    theirs = {it.block: it for module in modules for it in module.signatures}
    catalogue = {**builtin, **theirs}
    problems = [*check(flow, catalogue)]
    problems += [it for it in check_inputs(flow, inputs) if not _comes(it, to_come)]
    if problems:
        raise FlowInvalid(problems)
    code = {module.name: module.sha256 for module in modules}
    return Target(by, compiled(flow, catalogue), code, inputs)


def target_like(
    connection: sa.Connection,
    run: RunId,
    inputs: Mapping[str, Json],
    by: Identity,
    *,
    to_come: Callable[[FlowSpec], frozenset[str]] = lambda _: frozenset(),
) -> Target:
    """The very version that a run is pinned to, its code with it.

    Args:
        connection: The transaction.
        run: The run; its own inputs do not count.
        inputs: Those that are the same every time.
        by: Who asks.
        to_come: Of a flow, the inputs that each start brings.

    Raises:
        RunNotFound: There is no such run.
        FlowInvalid: With every problem of the inputs.
    """
    key = {"run": run, "workspace": by.workspace}
    row = execute(connection, _LIKE, key).mappings().one_or_none()
    if row is None:
        raise RunNotFound(run)
    found = Target.from_row({**row, "owner": by.user, "inputs": inputs})
    come = to_come(found.version.spec)
    problems = [it for it in check_inputs(found.version.spec, inputs) if not _comes(it, come)]
    if problems:
        raise FlowInvalid(problems)
    return found


def keep(connection: sa.Connection, target: Target, modules: tuple[Module, ...]) -> None:
    """Keep what the trigger refers to."""
    keep_code(connection, modules, target.who)
    keep_version(connection, target.version, target.who)


def _comes(problem: Problem, to_come: frozenset[str]) -> bool:
    return problem.code == "missing_input" and problem.port in to_come


_LIKE = """
SELECT r.workspace, r.code, r.flow_hash, v.name AS flow, v.spec::text AS spec,
       v.plan::text AS plan, v.signatures::text AS signatures
FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE r.id = %(run)s AND r.workspace = %(workspace)s
"""
