"""Who is due: by priority inside a workspace, by turns between workspaces, within the limits."""

import asyncio

import psycopg
import pytest

from persistentai_lab.engine.claim import claim, partition
from persistentai_lab.engine.legs import APPLICATION, PROTOCOL, QUEUE, LegQueue, sync_engine
from persistentai_lab.ids import Workspace
from persistentai_lab.storage.pool import make_pool


class Waiting:
    """Legs in the queue, and workers that take them."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._engine = sync_engine(database_url)
        self._queue = LegQueue()

    def put(self, run: str, workspace: str = "w", flow: str = "f", priority: int = 100) -> None:
        part = partition(Workspace(workspace), flow)
        with self._engine.begin() as connection:
            self._queue.enqueue(connection, run, 1, part=part, priority=priority)

    def limit(self, workspace: str, flow: str, at_once: int) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO pai.concurrency (workspace, flow, at_once, owner, caller) "
                "VALUES (%s, %s, %s, 'me', 'me')",
                (workspace, flow, at_once),
            )

    def end(self, run: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(
                "UPDATE dbos.workflow_status SET status = 'SUCCESS' WHERE workflow_uuid = %s",
                (f"{run}/leg/1",),
            )

    def taken(self, room: int = 100, *, workers: int = 1) -> list[list[str]]:
        """What each of some workers takes, all asking at once."""

        async def main() -> list[list[str]]:
            async with make_pool(self._url, name="test", min_size=workers, max_size=workers) as p:
                claims = (
                    claim(
                        p, queue=QUEUE, version=PROTOCOL, application=APPLICATION,
                        executor=f"worker-{n}", token=f"t{n}", room=room,
                    )
                    for n in range(workers)
                )  # fmt: skip
                found = await asyncio.gather(*claims)
                return [[leg["workflow_uuid"].partition("/")[0] for leg in it] for it in found]

        return asyncio.run(main())


@pytest.fixture
def waiting(database_url: str) -> Waiting:
    return Waiting(database_url)


def test_what_is_more_urgent_goes_first_and_then_what_came_first(waiting: Waiting) -> None:
    for run, priority in (("a", 100), ("b", 100), ("c", 1), ("d", 200)):
        waiting.put(run, priority=priority)

    assert waiting.taken() == [["c", "a", "b", "d"]]


def test_workspaces_take_turns_however_much_one_of_them_asks_for(waiting: Waiting) -> None:
    for number in range(50):
        waiting.put(f"greedy{number}", "greedy", priority=1)
    for number in range(2):
        waiting.put(f"modest{number}", "modest")

    (first,) = waiting.taken(4)
    (second,) = waiting.taken(4)

    assert sorted(first) == ["greedy0", "greedy1", "modest0", "modest1"]
    assert second == [f"greedy{number}" for number in range(2, 6)]


def test_what_runs_already_counts_for_the_turns(waiting: Waiting) -> None:
    for number in range(4):
        waiting.put(f"a{number}", "a")
    assert len(waiting.taken(3)[0]) == 3
    waiting.put("b0", "b")

    assert waiting.taken(1) == [["b0"]]


def test_a_flow_runs_at_most_so_often_at_once_and_keeps_nobody_else_waiting(
    waiting: Waiting,
) -> None:
    waiting.limit("w", "dear", 2)
    for number in range(10):
        waiting.put(f"dear{number}", flow="dear")
    waiting.put("other", flow="other")

    assert sorted(waiting.taken(3)[0]) == ["dear0", "dear1", "other"]
    assert waiting.taken(3) == [[]]
    waiting.end("dear0")
    assert waiting.taken(3) == [["dear2"]]


def test_two_workers_that_ask_at_once_keep_a_limit_together(waiting: Waiting) -> None:
    waiting.limit("w", "", 3)
    for number in range(10):
        waiting.put(f"r{number}", flow=f"f{number % 2}")

    found = waiting.taken(workers=4)

    assert sum(len(legs) for legs in found) == 3


def test_a_leg_is_taken_once_however_many_ask(waiting: Waiting) -> None:
    for number in range(20):
        waiting.put(f"r{number}")

    found = [leg for legs in waiting.taken(workers=4) for leg in legs]
    found += waiting.taken()[0]

    assert sorted(found) == sorted(f"r{number}" for number in range(20))
