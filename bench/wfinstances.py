"""Real workflow graphs, executed: does each complete, and how near to the ideal schedule?

    python bench/wfinstances.py [--folder FOLDER] [--only NAME …] [--seconds 8] [--rounds 3]

Each graph runs first with bodies that do nothing, then with bodies that sleep as long as the real
tasks took, scaled so that the ideal schedule takes `--seconds`. A node starts when its data is
there and nothing bounds how many sleep at once, so the ideal is the longest path of the drawn
graph. FOLDER as for `bench/plan.py`; without it there is nothing to measure.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).parent.parent))

from plan import drawn_critical_path
from plugin.bench_blocks import width_for
from support.cpu import cpu_ms, load
from support.ours import Asker, new_home
from support.plugin import plug_in
from support.runtime import launch_worker

from persistentai_lab.flow.model import Edge, FlowSpec, Node, PortRef
from persistentai_lab.storage.embedded import EmbeddedPostgres

GOAL = 1.05
SHARED = Path(os.environ.get("PERSISTENTAI_SHARED_DATA", Path(__file__).parents[2] / "shared/data"))

_TIMES = """
SELECT status, (SELECT count(*) FROM pai.step WHERE run = id AND step.status = 'completed'),
       extract(epoch FROM min(at) FILTER (WHERE body->>'type' = 'run.started')),
       extract(epoch FROM max(at))
FROM pai.run JOIN pai.event ON event.run = id WHERE id = %s GROUP BY id, run.status
"""


@dataclass(frozen=True)
class Graph:
    """A real graph, as flows that we can run."""

    name: str
    parents: dict[str, list[str]]
    seconds: dict[str, float]

    @classmethod
    def read(cls, file: Path) -> "Graph":
        rows = json.loads(file.read_text("utf-8"))["tasks"]
        name = {row["id"]: f"n{index}" for index, row in enumerate(rows)}
        return cls(
            file.stem,
            {name[row["id"]]: [name[p] for p in row["parents"] if p in name] for row in rows},
            {name[row["id"]]: row["runtime_s"] for row in rows},
        )

    def flow(self, scale: float = 0.0) -> FlowSpec:
        """Its nodes take their own time, so many times."""
        nodes = tuple(
            Node(
                id=node,
                block=f"bench.task{width_for(len(parents))}",
                values={"seconds": self.seconds[node] * scale} if scale else {},
            )
            for node, parents in self.parents.items()
        )
        edges = tuple(
            Edge(
                source=PortRef(node=parent, port="result"),
                target=PortRef(node=node, port=f"p{place}"),
            )
            for node, parents in self.parents.items()
            for place, parent in enumerate(parents)
        )
        return FlowSpec(name="graph", nodes=nodes, edges=edges)


@dataclass(frozen=True)
class Took:
    """One run."""

    asked_ms: float
    """Check, compile, pin, queue."""
    begun_ms: float
    """From then to the first event of the walk."""
    walked_s: float
    cpu_ms: float
    """Of the worker."""


class Bench:
    def __init__(self, asker: Asker, url: str, worker: int) -> None:
        self._asker = asker
        self._url = url
        self._worker = worker

    async def run(self, spec: FlowSpec) -> Took:
        """Run a flow; it must complete, every node of it."""
        cpu, began = cpu_ms(self._worker), time.time()
        run, asked_s = await self._asker.timed(spec)
        spent = cpu_ms(self._worker) - cpu
        async with await psycopg.AsyncConnection.connect(self._url) as connection:
            row = await (await connection.execute(_TIMES, (run,))).fetchone()
        assert row is not None
        status, completed, first, last = row
        if (status, completed) != ("completed", len(spec.nodes)):
            raise SystemExit(f"{run} is {status} with {completed} of {len(spec.nodes)} nodes")
        begun = float(first) - began - asked_s
        return Took(asked_s * 1e3, begun * 1e3, float(last - first), spent)


ROW = "{:40} {:>5} {:>5} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {:>9} {:>7}"
HEADS = (
    "graph", "nodes", "edges", "ask ms", "begin ms", "walk ms", "nodes/s", "CPU-ms/n", "ideal s",
    "took s", "ratio",
)  # fmt: skip


async def measure(bench: Bench, graph: Graph, seconds: float, rounds: int) -> float:
    """Run a graph in both ways, and print its row. Returns makespan over ideal."""
    count, edges = len(graph.parents), sum(map(len, graph.parents.values()))
    nothing = [await bench.run(graph.flow()) for _ in range(rounds)]
    walk_s = statistics.median(took.walked_s for took in nothing)
    ideal = drawn_critical_path(graph.flow(), graph.seconds)
    scale = seconds / ideal
    slept = [await bench.run(graph.flow(scale)) for _ in range(rounds)] if seconds else []
    took_s = statistics.median(took.walked_s for took in slept) if slept else 0.0
    ratio = took_s / seconds if seconds else 0.0
    print(
        ROW.format(
            graph.name, count, edges,
            f"{statistics.median(took.asked_ms for took in nothing):.0f}",
            f"{statistics.median(took.begun_ms for took in nothing):.0f}",
            f"{walk_s * 1e3:.0f}", f"{count / walk_s:.0f}",
            f"{statistics.median(took.cpu_ms for took in nothing) / count:.2f}",
            f"{seconds:.1f}", f"{took_s:.2f}", f"{ratio:.3f}",
        ),
        flush=True,
    )  # fmt: skip
    return ratio


async def main(files: list[Path], seconds: float, rounds: int) -> None:
    ratios = {}
    async with AsyncExitStack() as stack:
        postgres = EmbeddedPostgres(new_home())
        url = postgres.start()
        stack.callback(postgres.stop)
        worker = await asyncio.to_thread(launch_worker, url)
        stack.callback(worker.stop)
        asker = await stack.enter_async_context(Asker(url))
        bench = Bench(asker, url, worker.pid)
        print(ROW.format(*HEADS))
        for file in files:
            graph = Graph.read(file)
            ratios[graph.name] = await measure(bench, graph, seconds, rounds)
    print(f"\nAll {len(files)} graphs completed, every node. {load()}")
    if seconds:
        reached = Counter(ratio <= GOAL for ratio in ratios.values())
        worst = max(ratios, key=lambda name: ratios[name])
        print(
            f"Makespan ≤ {GOAL} × ideal: {reached[True]} of {len(ratios)}; "
            f"worst {ratios[worst]:.3f} ({worst})"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=SHARED / "wfinstances")
    parser.add_argument("--only", nargs="+", help="parts of names")
    parser.add_argument("--seconds", type=float, default=8.0, help="of the ideal; 0: no sleeping")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found = sorted(given.folder.glob("*.json"))
    if given.only:
        found = [file for file in found if any(part in file.stem for part in given.only)]
    if found:
        plug_in()
        asyncio.run(main(found, given.seconds, given.rounds))
    else:
        print(f"No real graphs in {given.folder}: nothing measured.")
