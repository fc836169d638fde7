"""Who is declared dead, by the clock of whoever looks."""

import asyncio
import os

import psycopg

from persistentai_lab.engine.ability import had
from persistentai_lab.engine.legs import LOOK, PROTOCOL, QUEUE, SLOT_LOCK
from persistentai_lab.engine.slot import FREE_S, LEASE_S, Slot, Watch
from tests.runtime import until

ALIVE = (2, "worker-2", 7, "alive", True)
FREE = (2, "worker-2", 7, "alive", False)


def test_whose_slot_stays_free_is_dead_after_a_moment() -> None:
    watch = Watch(mine=1)

    assert watch.dead([FREE], 0.0) == []
    assert watch.has_doubts(0.1)
    assert watch.dead([FREE], FREE_S) == ["worker-2"]
    assert not watch.has_doubts(FREE_S)


def test_who_takes_the_slot_again_in_time_lives() -> None:
    watch = Watch(mine=1)

    assert watch.dead([FREE], 0.0) == []
    assert watch.dead([ALIVE], 0.4) == []
    assert watch.dead([FREE], 0.6) == []


def test_a_free_slot_whose_beat_has_moved_is_a_new_doubt() -> None:
    watch = Watch(mine=1)

    assert watch.dead([FREE], 0.0) == []
    assert watch.dead([(2, "worker-2", 8, "alive", False)], 1.0) == []


def test_who_holds_its_slot_and_does_not_beat_is_given_a_lease() -> None:
    watch = Watch(mine=1)

    assert watch.dead([ALIVE], 0.0) == []
    assert watch.dead([ALIVE], LEASE_S) == []
    assert watch.dead([ALIVE], LEASE_S + 0.1) == ["worker-2"]


def test_nobody_is_dead_for_the_database_having_been_away() -> None:
    watch = Watch(mine=1)
    watch.dead([FREE], 0.0)

    watch.blind()

    assert watch.dead([FREE], 10.0) == []


def test_a_slot_is_seen_to_be_held_and_a_lost_connection_ends_the_rest(database_url: str) -> None:
    def is_held() -> bool:
        with psycopg.connect(database_url) as connection:
            row = connection.execute(LOOK, {"queue": QUEUE, "lock": SLOT_LOCK}).fetchone()
            assert row is not None
            ((*_, held),) = row[0]
            return bool(held)

    async def main() -> None:
        slot = await Slot.take(database_url, had({}, PROTOCOL))
        assert await asyncio.to_thread(is_held)
        resting = asyncio.create_task(slot.rest(60))
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'persistentai-slot' AND datname = current_database()"
            )
        await asyncio.wait_for(resting, 20)
        await asyncio.to_thread(until, lambda: not is_held(), "the slot is free")
        await slot.connection.close()
        await slot.hold(database_url)
        assert await asyncio.to_thread(is_held)
        await slot.leave()

    asyncio.run(main())
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT status, pid FROM pai.worker").fetchone()
    assert row == ("stopped", os.getpid())
