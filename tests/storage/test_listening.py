"""Listening to Postgres on the loop that gateways and workers run on."""

import asyncio
import os
from collections.abc import Callable

import psycopg
import pytest

from persistentai_lab import loop
from persistentai_lab.storage.listening import listening


async def _cut(database_url: str, name: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database()",
            (name,),
        )


def test_what_is_told_is_heard_in_order(database_url: str) -> None:
    async def hear() -> list[tuple[str, str]]:
        async with (
            listening(database_url, "one", "two", name="test-order") as notices,
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as teller,
        ):
            for number in range(20):
                channel = "one" if number % 2 else "two"
                await teller.execute("SELECT pg_notify(%s, %s)", (channel, str(number)))
            return [tuple(await anext(notices)) for _ in range(20)]

    heard = loop.run(hear())

    assert heard == [("one" if n % 2 else "two", str(n)) for n in range(20)]


def test_a_lost_connection_is_told_and_its_descriptor_serves_whoever_gets_it_next(
    database_url: str,
) -> None:
    async def until_cut() -> None:
        async with listening(database_url, "one", name="test-cut") as notices:
            cutting = asyncio.create_task(_cut(database_url, "test-cut"))
            try:
                await anext(notices)
            finally:
                await cutting

    async def hear() -> bytes:
        with pytest.raises(psycopg.OperationalError):
            await until_cut()
        pipes = [os.pipe() for _ in range(20)]  # one of them has the number that was freed
        heard = []
        for reader, writer in pipes:
            arrived = asyncio.Event()
            asyncio.get_running_loop().add_reader(reader, arrived.set)
            os.write(writer, b"x")
            async with asyncio.timeout(60):
                await arrived.wait()
            asyncio.get_running_loop().remove_reader(reader)
            heard.append(os.read(reader, 1))
            os.close(reader)
            os.close(writer)
        return b"".join(heard)

    assert loop.run(hear()) == b"x" * 20


def test_while_who_hears_is_busy_the_loop_is_told_once(database_url: str) -> None:
    """Else it turns without end for as long as the hearer waits for something else."""
    calls = list[int]()

    async def hear() -> str:
        called_once = asyncio.Event()
        turning = asyncio.get_running_loop()
        watch = turning.add_reader

        def counted(descriptor: int, callback: Callable[[], None]) -> None:
            def called() -> None:
                calls.append(descriptor)
                called_once.set()
                callback()

            watch(descriptor, called)

        async with (
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as teller,
            listening(database_url, "one", name="test-busy") as notices,
        ):
            first = asyncio.create_task(anext(notices))  # from here on it is watched
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(turning, "add_reader", counted)
                await asyncio.sleep(0)
            await teller.execute("NOTIFY one, 'first'")
            await first
            calls.clear()
            called_once.clear()
            await teller.execute("NOTIFY one, 'second'")
            await called_once.wait()
            for _ in range(1_000):
                await asyncio.sleep(0)
            return (await anext(notices)).payload

    assert asyncio.run(hear()) == "second"
    assert len(calls) == 1
