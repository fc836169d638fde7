"""LangGraph in process, its state saved at each superstep before the next (`durability="sync"`).

    python langgraph_saver.py URL-OR-FILE

A Postgres URL, or a file for SQLite. Each run at a time has a connection of its own.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict
from uuid import uuid4

from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from line import Threads, serve

WIDTH = 10
State = TypedDict("State", {f"b{branch}": int for branch in range(WIDTH)})  # type: ignore[misc]


def ladders(width: int, length: int, seconds: float = 0.0) -> StateGraph:
    def body(key: str) -> Callable[[State], Any]:
        def step(state: State) -> Any:
            if seconds:
                time.sleep(seconds)
            return {key: state[key] + 1}

        return step

    graph = StateGraph(State)
    for branch in range(width):
        before = START
        for place in range(length):
            name = f"n{branch}.{place}"
            graph.add_node(name, body(f"b{branch}"))
            graph.add_edge(before, name)
            before = name
    return graph


GRAPHS = {
    "sequence": ladders(1, 100),
    "fan": ladders(WIDTH, 10),
    "chain": ladders(1, 20),
    "seconds": ladders(WIDTH, 1, 1.0),
}


def postgres(url: str) -> Any:
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg import Connection
    from psycopg.rows import dict_row

    connection = Connection.connect(url, autocommit=True, prepare_threshold=0, row_factory=dict_row)
    return PostgresSaver(connection)


def sqlite(file: str) -> Any:
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver

    return SqliteSaver(sqlite3.connect(file, check_same_thread=False))


def main(where: str) -> None:
    connect = postgres if "://" in where else sqlite
    connect(where).setup()
    threads = Threads(32)

    # The round that warms up connects and compiles; the measured ones find what they need.
    savers: list[Any] = []
    compiled: dict[tuple[str, int], CompiledStateGraph] = {}

    def run(name: str) -> None:
        saver = savers.pop() if savers else connect(where)
        graph = compiled.get((name, id(saver)))
        if graph is None:
            graph = compiled[name, id(saver)] = GRAPHS[name].compile(checkpointer=saver)
        graph.invoke(
            {f"b{branch}": 0 for branch in range(WIDTH)},
            {"configurable": {"thread_id": str(uuid4())}, "recursion_limit": 500},
            durability="sync",
        )
        savers.append(saver)

    asyncio.run(serve({name: threads.work(partial(run, name)) for name in GRAPHS}))


main(sys.argv[1])
