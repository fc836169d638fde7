"""Hints of commands: noted while a transaction changes something, sent once it is committed.

A commit that notifies takes a lock of the whole database, so the notice follows it. If one gets
lost, whoever it is for looks within a second.
"""

import psycopg
import sqlalchemy as sa

from ...storage.hints import LEGS

_NOTED = "persistentai.hints"
_NOTIFY = """
SELECT pg_notify(n.channel, n.about) FROM unnest(%s::text[], %s::text[]) AS n(channel, about)
"""
Noted = dict[tuple[str, str], str]


def note(connection: sa.Connection, channel: str = LEGS, about: str = "", more: str = "") -> None:
    """Send this once the transaction is committed; of several about one thing, the last."""
    noted: Noted = connection.info.setdefault(_NOTED, {})
    noted[channel, about] = about + more


def forget(connection: sa.Connection) -> None:
    """Let go of what a transaction noted that did not commit."""
    connection.info.pop(_NOTED, None)


def send(connection: sa.Connection) -> None:
    """Send what was noted. To be called after the commit."""
    noted: Noted = connection.info.pop(_NOTED, {})
    if not noted:
        return
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        driver.autocommit = True
        channels = [channel for channel, _ in noted]
        driver.execute(_NOTIFY, (channels, list(noted.values())), prepare=True)
        driver.autocommit = False
    except psycopg.Error:
        connection.invalidate()
