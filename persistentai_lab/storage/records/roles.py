"""A login role a workspace, for SQL of agents: it may read one view, which shows its workspace.

The workspace is bound to who logged in, so no statement can change it: there is nothing to set.
"""

import secrets
from dataclasses import dataclass

from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import DuplicateObject, InsufficientPrivilege

from ...ids import Workspace
from ..home import DATABASE_NAME
from ..pool import Pool
from .postgres import SETTINGS

CONNECTIONS = 4
"""Of one workspace at a time."""
_LOCK = 0x70616909


class NoRole(Exception):
    """This server lets us make no role; says why."""


@dataclass(frozen=True, slots=True)
class Login:
    """How to connect as a workspace's role."""

    conninfo: str
    role: str


class Roles:
    """Makes the roles, and finds them again."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[Workspace, Login] = {}

    async def login(self, workspace: Workspace) -> Login:
        """How to connect for a workspace. Raises `NoRole`."""
        if workspace not in self._known:
            async with self._pool.connection() as connection, connection.transaction():
                role, password = await _role(connection, workspace)
                ours = self._pool.conninfo
                assert isinstance(ours, str)
                conninfo = make_conninfo(
                    ours, user=role, password=password, options=SETTINGS,
                    application_name="persistentai-sql", connect_timeout=5,
                )  # fmt: skip
            self._known[workspace] = Login(conninfo, role)
        return self._known[workspace]


async def _role(
    connection: AsyncConnection[tuple[object, ...]], workspace: Workspace
) -> tuple[str, str]:
    found = await (await connection.execute(_FIND, (workspace,))).fetchone()
    if found is not None:
        return str(found[0]), str(found[1])
    try:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    except InsufficientPrivilege as error:  # who may not even wait may make no role
        raise NoRole(str(error).partition("\n")[0]) from None
    found = await (await connection.execute(_FIND, (workspace,))).fetchone()
    if found is not None:
        return str(found[0]), str(found[1])
    role, password = f"pai_sql_{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    try:
        async with connection.transaction():
            await _make(connection, role, password)
    except (InsufficientPrivilege, DuplicateObject) as error:
        raise NoRole(str(error).partition("\n")[0]) from None
    await connection.execute(_KEEP, (workspace, role, password))
    return role, password


async def _make(connection: AsyncConnection[tuple[object, ...]], role: str, password: str) -> None:
    name = sql.Identifier(role)
    await connection.execute(
        sql.SQL(
            "CREATE ROLE {} LOGIN NOINHERIT NOCREATEDB NOCREATEROLE CONNECTION LIMIT {} PASSWORD {}"
        ).format(name, CONNECTIONS, password)
    )
    for grant in ("USAGE ON SCHEMA pai_sql", "SELECT ON pai_sql.docs",
                  "EXECUTE ON FUNCTION pai_sql.workspace()"):  # fmt: skip
        await connection.execute(sql.SQL(f"GRANT {grant} TO {{}}").format(name))
    row = await (await connection.execute(_IS_OURS, (DATABASE_NAME,))).fetchone()
    if row and row[0]:
        await connection.execute(
            sql.SQL("ALTER ROLE {} SET temp_file_limit = '256MB'").format(name)
        )
        await connection.execute(_REVOKE)


_FIND = "SELECT role, password FROM pai.sql_role WHERE workspace = %s"
_KEEP = "INSERT INTO pai.sql_role (workspace, role, password) VALUES (%s, %s, %s)"
_IS_OURS = """
SELECT current_setting('cluster_name') = %s AND rolsuper FROM pg_roles WHERE rolname = current_user
"""
_REVOKE = r"""
DO $$ DECLARE one regprocedure; BEGIN
FOR one IN SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'pg_catalog' AND has_function_privilege('public', p.oid, 'EXECUTE')
      AND (p.proname IN ('set_config', 'pg_notify', 'pg_sleep', 'pg_sleep_for', 'pg_sleep_until',
                         'pg_cancel_backend', 'pg_terminate_backend', 'pg_export_snapshot',
                         'pg_logical_emit_message', 'ts_stat', 'currtid2')
           OR p.proname ~ '^(pg_(try_)?advisory_|lo_|lo(read|write)$)'
           OR p.proname ~ '^(query|cursor|table|schema|database)_to_xml')
LOOP EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one); END LOOP; END $$
"""
"""Only in the embedded database, which is ours alone: somebody else's server may have neighbours
that set, lock and notify. There the login role is the wall, and these are kept off by the guard."""
