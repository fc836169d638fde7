"""How long compiling takes, and what it does to the critical path.

    python bench/plan.py [FOLDER]

FOLDER holds graphs of real workflows: JSON files of `{"tasks": [{"id", "parents", "runtime_s"}]}`.
By default `$PERSISTENTAI_SHARED_DATA/wfinstances`, or `../shared/data/wfinstances`.
"""

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from persistentai_lab.flow.model import Edge, FlowSpec, Node, PortRef
from persistentai_lab.plan import Plan, Woven, compile_plan, walk

ROUNDS = 5


def flow(nodes: list[str], edges: list[tuple[str, str]]) -> FlowSpec:
    name = {node: f"n{index}" for index, node in enumerate(nodes)}
    return FlowSpec(
        name="bench",
        nodes=tuple(Node(id=name[node], block="bench.block") for node in nodes),
        edges=tuple(
            Edge(
                source=PortRef(node=name[a], port="out"), target=PortRef(node=name[b], port=name[a])
            )
            for a, b in edges
        ),
    )


def median_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def critical_path(plan: Plan, seconds: dict[str, float]) -> float:
    end: dict[str, float] = {}
    for node in plan.order:
        end[node] = seconds[node] + max((end[source] for source in plan.before[node]), default=0.0)
    return max(end.values())


def drawn_critical_path(spec: FlowSpec, seconds: dict[str, float]) -> float:
    """Without the plan: longest path by relaxation of the drawn edges."""
    end, changed = dict(seconds), True
    while changed:
        changed = False
        for edge in spec.edges:
            later = end[edge.source.node] + seconds[edge.target.node]
            if later > end[edge.target.node]:
                end[edge.target.node], changed = later, True
    return max(end.values())


def woven_sizes(plan: Plan) -> str:
    sizes = [len(part.parts) for _, part in walk(plan.root) if isinstance(part, Woven)]
    shown = sorted(sizes, reverse=True)
    return "–" if not shown else ", ".join(map(str, shown[:4])) + (" …" if shown[4:] else "")


def real(folder: Path) -> None:
    row = "{:42} {:>5} {:>5} {:>4} {:>20} {:>7} {:>9} {:>8} {:>8} {:>6}"
    heads = ("graph", "nodes", "edges", "SP?", "woven parts", "ms", "strict ms")
    print(row.format(*heads, "path ×", "strict ×", "joins"))
    for file in sorted(folder.glob("*.json")):
        rows = json.loads(file.read_text("utf-8"))["tasks"]
        ids = [item["id"] for item in rows]
        known = set(ids)
        edges = [(p, item["id"]) for item in rows for p in item["parents"] if p in known]
        spec = flow(ids, edges)
        seconds = {f"n{index}": item["runtime_s"] for index, item in enumerate(rows)}
        plan, strict = compile_plan(spec), compile_plan(spec, strict=True)
        drawn = drawn_critical_path(spec, seconds)
        print(
            row.format(
                file.stem,
                len(ids),
                len(edges),
                "yes" if plan.is_series_parallel else "no",
                woven_sizes(plan),
                f"{median_ms(lambda spec=spec: compile_plan(spec)):.1f}",
                f"{median_ms(lambda spec=spec: compile_plan(spec, strict=True)):.1f}",
                f"{critical_path(plan, seconds) / drawn:.3f}",
                f"{critical_path(strict, seconds) / drawn:.3f}",
                len(strict.joins),
            )
        )


def random_edges(count: int, edges: int, reach: int, seed: int) -> list[tuple[str, str]]:
    """Edges from lower to higher numbers, at most `reach` apart."""
    rng, found = random.Random(seed), set()
    while len(found) < edges:
        a = rng.randrange(count - 1)
        found.add((a, rng.randrange(a + 1, min(count, a + 1 + reach))))
    return [(str(a), str(b)) for a, b in sorted(found)]


def zigzag(count: int) -> list[tuple[str, str]]:
    """a<b>c<d>…: the sparsest woven part there is."""
    return [(str(n), str(n + 1)) if n % 2 else (str(n + 1), str(n)) for n in range(count - 1)]


def comb(count: int) -> list[tuple[str, str]]:
    """A chain with a side branch at each node: the deepest tree there is."""
    return [(str(n), str(m)) for n in range(0, count - 2, 2) for m in (n + 1, n + 2)]


def made(nodes: int = 2000) -> None:
    print(
        f"\n{'made graph':42} {'nodes':>5} {'edges':>5} {'woven parts':>25} {'ms':>7} {'strict':>9}"
    )
    for name, edges in {
        "random": random_edges(nodes, 6000, nodes, 1),
        "random, sparse": random_edges(nodes, 2000, nodes, 1),
        "random, edges at most 8 apart": random_edges(nodes, 6000, 8, 1),
        "zigzag": zigzag(nodes),
        "comb": comb(nodes),
    }.items():
        spec = flow([str(n) for n in range(nodes)], edges)
        normal = median_ms(lambda spec=spec: compile_plan(spec).hash)
        strict = median_ms(lambda spec=spec: compile_plan(spec, strict=True).hash)
        sizes = woven_sizes(compile_plan(spec))
        print(f"{name:42} {nodes:5} {len(edges):5} {sizes:>25} {normal:7.0f} {strict:9.0f}")
    print("ms: median of", ROUNDS, "with the plan's hash")


if __name__ == "__main__":
    shared = os.environ.get("PERSISTENTAI_SHARED_DATA", Path(__file__).parents[2] / "shared/data")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(shared) / "wfinstances"
    if folder.is_dir():
        real(folder)
    else:
        print(f"No real graphs in {folder}.")
    made()
