"""Bring a database's tables up to what this release needs, whoever comes first."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from ..errors import Conflict
from .pool import away, is_away

VERSION_TABLE = "pai_version"
_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x70616901
"""Key of the advisory lock, ours alone among what may share the database."""
_ASK_AGAIN_S = 0.05


def migrate(database_url: str) -> bool:
    """Run what is missing. Cheap when nothing is: one query, and Alembic isn't even imported.

    Returns:
        Whether there was something to do.

    Raises:
        Unavailable: The database is away.
        Conflict: The database was made by a newer release.
    """
    with _connected(database_url) as connection:
        if _is_current(connection):
            return False
        take_lock(connection, _LOCK)
        if _is_current(connection):
            return False
        _upgrade(database_url)
        return True


def take_lock(connection: psycopg.Connection[Any], key: int) -> None:
    """Hold an advisory lock until the connection closes, however long others hold it.

    Asks again and again: a session that waits inside `pg_advisory_lock` holds a snapshot, and a
    `CREATE INDEX CONCURRENTLY` of who has the lock would wait for that, for ever.
    """
    while True:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
        if row and row[0]:
            return
        time.sleep(_ASK_AGAIN_S)


def head() -> str:
    """The newest revision in the package."""
    known = revisions()
    (newest,) = set(known) - set(known.values())
    return newest


def revisions() -> dict[str, str | None]:
    """Every revision in the package, and the one before it."""
    return dict(_read(path) for path in sorted((_FOLDER / "versions").glob("[0-9]*.py")))


def _read(path: Path) -> tuple[str, str | None]:
    """Which revision a file makes, without running it (that would import Alembic)."""
    text = path.read_text()
    revision = re.search(r'^revision\b.*?=\s*"(\w+)"', text, re.MULTILINE)
    before = re.search(r'^down_revision\b.*?=\s*"(\w+)"', text, re.MULTILINE)
    if revision is None:
        raise ValueError(f"{path.name} names no revision.")
    return revision[1], before[1] if before else None


def _is_current(connection: psycopg.Connection) -> bool:
    query = sql.SQL("SELECT version_num FROM {}").format(sql.Identifier("public", VERSION_TABLE))
    try:
        row = connection.execute(query).fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    found = row[0] if row else None
    if found is not None and found not in revisions():
        raise Conflict(
            f"The database is at revision {found!r}, which this release does not know.",
            remedy="Upgrade persistentai-lab: a newer release has been here.",
        )
    return found == head()


def _upgrade(database_url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import NullPool, create_engine

    engine = create_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def sqlalchemy_url(database_url: str) -> str:
    """The same address in SQLAlchemy's words."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", database_url)


@contextmanager
def _connected(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection, with the database's absence said in our words."""
    try:
        with psycopg.connect(
            database_url,
            autocommit=True,
            connect_timeout=5,
            application_name="persistentai-migrate",
        ) as connection:
            yield connection
    except psycopg.Error as error:
        if is_away(error):
            raise away(error) from error
        raise
