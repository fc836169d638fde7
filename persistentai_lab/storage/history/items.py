"""All that is recorded of runs, as the items of their proofs, in pages."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from ...ids import Workspace

Connection = AsyncConnection[tuple[Any, ...]]
Row = tuple[list[str | None], bytes, str | None, bool]
"""Kind and facts, hash of the value, its text or what is left of it, whether it was let go of."""
PAGE = 1_000
_NOTHING = "'\\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'::bytea"
_ALL = "SELECT %(run)s::text AS run, %(seq)s::bigint AS upto"
_SOME = "SELECT * FROM unnest(%(runs)s::text[], %(seqs)s::bigint[]) AS w(run, upto)"


async def items(
    connection: Connection, workspace: Workspace, run: str, seq: int
) -> AsyncIterator[list[Row]]:
    """The items of a run, up to an event. To be read in one transaction."""
    key = {"workspace": workspace, "run": run, "seq": seq}
    for statement in _ITEMS:
        async for rows in _pages(connection, statement, key):
            yield rows


async def links(
    connection: Connection, runs: Mapping[str, int]
) -> AsyncIterator[list[tuple[str, bytes]]]:
    """What the links of several runs say (`proof.said`), each run's in the order of its items.

    Args:
        connection: In a transaction.
        runs: Each up to which event.
    """
    key = {"runs": list(runs), "seqs": list(runs.values())}
    for statement in _LINKS:
        async for rows in _pages(connection, statement, key):
            yield rows


async def _pages(
    connection: Connection, statement: str, key: Mapping[str, object]
) -> AsyncIterator[list[Any]]:
    async with connection.cursor("items", scrollable=False) as cursor:
        await cursor.execute(statement, key, binary=True)
        while rows := await cursor.fetchmany(PAGE):
            yield rows
            if len(rows) < PAGE:
                break


def _us(column: str) -> str:
    return f"((extract(epoch FROM {column}) * 1000000)::bigint)::text"


def _ordered(by: tuple[str, ...]) -> str:
    return f"ORDER BY {', '.join(by)}" if by else ""


@dataclass(frozen=True, slots=True)
class _Kind:
    """Where items of a kind are read from."""

    facts: tuple[str, ...]
    rows: str
    run: str = "run"
    order: tuple[str, ...] = ()
    value: str = "NULL::text"
    kept: str = "NULL::bytea"
    """The hash that stays when the value is let go of."""
    only: str = "true"

    @property
    def items(self) -> str:
        """The items of one run of a workspace."""
        return f"""
            SELECT ARRAY[{", ".join(self.facts)}], {self._hash}, {self.value},
                   {self.kept} IS NOT NULL
            FROM ({_ALL}) AS wanted JOIN {self.rows} AS kept ON kept.{self.run} = wanted.run
            WHERE workspace = %(workspace)s AND {self.only}
            {_ordered(self.order)}"""

    @property
    def links(self) -> str:
        """What their links say, of several runs: told by the database as the bytes to be hashed."""
        facts = (f"convert_to(coalesce({fact}, ''), 'UTF8')" for fact in self.facts)
        told = r" || '\x00'::bytea || ".join(facts)
        return f"""
            SELECT wanted.run, {self._hash} || {told}
            FROM ({_SOME}) AS wanted JOIN {self.rows} AS kept ON kept.{self.run} = wanted.run
            WHERE {self.only} {_ordered(("wanted.run", *self.order))}"""

    @property
    def _hash(self) -> str:
        """Of a value's text as it was recorded."""
        return f"coalesce({self.kept}, sha256(convert_to({self.value}, 'UTF8')), {_NOTHING})"


_KINDS = (
    _Kind(
        ("'run'", "id", "flow", "flow_hash", "plan_hash", "code::text", "status", "owner", "caller",
         _us("created_at"), _us("started_at"), _us("ended_at"), "forked_from", "replays",
         "error::text"),
        rows="pai.run", run="id", kept="inputs_sha256",
        value="json_build_object('inputs', inputs, 'refs', refs)::text",
    ),
    _Kind(("'outputs'",), rows="pai.run", run="id", value="outputs::text", kept="outputs_sha256"),
    _Kind(
        ("'step'", "path", "attempt::text", "node", "block", "version::text", "effect", "status",
         "leg::text", "worker", "owner", "caller", _us("started_at"), _us("ended_at"),
         "error::text", "cost::text", "reused_from"),
        rows="pai.step", order=('path COLLATE "C"', "attempt"),
        value="outputs::text", kept="outputs_sha256",
    ),
    _Kind(
        ("'touch'", "path", "attempt::text", "layer", "target", "version", "mode"),
        rows="pai.step_touch",
        order=('path COLLATE "C"', "attempt", 'layer COLLATE "C"', 'target COLLATE "C"',
               'version COLLATE "C"', "mode"),
    ),
    _Kind(
        ("'event'", "seq::text", _us("at"), "path", "node", "attempt::text", "owner", "caller"),
        rows="pai.event", order=("seq",), value="body::text", kept="body_sha256",
        only="seq <= upto",
    ),
)  # fmt: skip
_ITEMS = [kind.items for kind in _KINDS]
_LINKS = [kind.links for kind in _KINDS]
