"""Hints of commands: what they changed is committed, and somebody may want to look at once."""

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from ..storage.hints import LEGS


def hint(engine: sa.Engine, channel: str = LEGS, payload: str = "") -> None:
    """After the commit; if it gets lost, whoever it is for looks within a second."""
    try:
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("SELECT pg_notify(%s, %s)", (channel, payload))
    except (DBAPIError, PoolExhausted):
        pass
