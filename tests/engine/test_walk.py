import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistentai_lab.engine import walk
from persistentai_lab.engine.walk import Walk
from persistentai_lab.ids import NodeId


@st.composite
def graphs(draw: st.DrawFn) -> dict[NodeId, tuple[NodeId, ...]]:
    size = draw(st.integers(0, 12))
    names = [NodeId(f"n{number}") for number in range(size)]
    return {
        name: tuple(draw(st.sets(st.sampled_from(names[:number])))) if number else ()
        for number, name in enumerate(names)
    }


@given(graphs(), st.randoms())
def test_every_node_once_after_all_it_waits_for(graph: dict, random) -> None:
    ran: list[NodeId] = []

    async def run(node: NodeId) -> bool:
        assert set(graph[node]) <= set(ran)
        for _ in range(random.randrange(3)):
            await asyncio.sleep(0)
        ran.append(node)
        return True

    asyncio.run(Walk(graph, [], run).to_the_end())

    assert sorted(ran) == sorted(graph)


@given(graphs(), st.data())
def test_what_is_done_is_not_run_and_what_depends_on_a_failure_neither(
    graph: dict, data: st.DataObject
) -> None:
    order = list(graph)
    done = set(order[: data.draw(st.integers(0, len(order)))])
    bad = data.draw(st.sampled_from(order)) if order else None
    ran: list[NodeId] = []

    async def run(node: NodeId) -> bool:
        ran.append(node)
        return node != bad

    asyncio.run(Walk(graph, done, run).to_the_end())

    assert not done & set(ran)
    assert not [node for node in ran if bad in graph[node] and bad not in done]


def test_a_row_of_nodes_is_one_task_and_each_branch_one_of_its_own() -> None:
    tasks: dict[NodeId, object] = {}

    async def run(node: NodeId) -> bool:
        tasks[node] = asyncio.current_task()
        return True

    a, b, left, right = (NodeId(name) for name in ("a", "b", "left", "right"))
    asyncio.run(Walk({a: (), b: (a,), left: (b,), right: (b,)}, [], run).to_the_end())

    assert tasks[a] is tasks[b] is tasks[left]
    assert tasks[right] is not tasks[a]


def test_nodes_that_never_wait_let_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "TURN_S", -1.0)
    ran: list[NodeId] = []

    async def run(node: NodeId) -> bool:
        ran.append(node)
        return True

    rows = {NodeId(f"{row}{n}"): (NodeId(f"{row}{n - 1}"),) if n else () for row in "ab"
            for n in range(3)}  # fmt: skip
    asyncio.run(Walk(rows, [], run).to_the_end())

    assert ran == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_what_a_node_raises_ends_the_walk_and_cancels_the_rest() -> None:
    cancelled: list[NodeId] = []

    async def run(node: NodeId) -> bool:
        if node == "bad":
            raise OSError("boom")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(node)
            raise
        return True

    async def walk() -> None:
        await Walk({NodeId("bad"): (), NodeId("slow"): ()}, [], run).to_the_end()

    try:
        asyncio.run(walk())
    except OSError:
        pass
    else:
        raise AssertionError("the error got lost")
    assert cancelled == ["slow"]
