"""Execution graphs of real scientific workflows (WfCommons WfInstances)."""

import json
import os
from pathlib import Path

import pytest

from persistentai_lab.flow.model import Edge, FlowSpec, Node, PortRef
from persistentai_lab.plan import Plan, compile_plan, explain

_REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("PERSISTENTAI_SHARED_DATA", _REPOSITORY.parent / "shared" / "data"))
GRAPHS = sorted((DATA / "wfinstances").glob("*.json"))

SERIES_PARALLEL = {
    "1000genome-chameleon-22ch-250k-001",
    "1000genome-chameleon-2ch-100k-001",
    "blast-chameleon-medium-005",
    "blast-chameleon-small-001",
    "bwa-chameleon-medium-005",
    "bwa-chameleon-small-001",
    "epigenomics-chameleon-hep-1seq-100k-001",
    "epigenomics-chameleon-ilmn-6seq-50k-001",
    "helloworld-chain-5-chameleon",
    "seismology-chameleon-100p-001",
    "seismology-chameleon-1100p-001",
}

pytestmark = pytest.mark.skipif(
    not GRAPHS, reason=f"no real graphs in {DATA}; set PERSISTENTAI_SHARED_DATA to test with them"
)


@pytest.fixture(params=GRAPHS, ids=lambda file: file.stem)
def file(request: pytest.FixtureRequest) -> Path:
    return request.param


def read(file: Path) -> tuple[FlowSpec, dict[str, float]]:
    rows = json.loads(file.read_text("utf-8"))["tasks"]
    seconds = {row["id"]: row["runtime_s"] for row in rows}
    name = {original: f"n{index}" for index, original in enumerate(seconds)}
    edges = [(p, row["id"]) for row in rows for p in row["parents"] if p in seconds]
    spec = FlowSpec(
        name=file.stem,
        nodes=tuple(Node(id=name[original], block="test.block") for original in seconds),
        edges=tuple(
            Edge(
                source=PortRef(node=name[a], port="out"), target=PortRef(node=name[b], port=name[a])
            )
            for a, b in edges
        ),
    )
    return spec, {name[original]: value for original, value in seconds.items()}


def critical_path(plan: Plan, seconds: dict[str, float]) -> float:
    end: dict[str, float] = {}
    for node in plan.order:
        end[node] = seconds[node] + max((end[source] for source in plan.before[node]), default=0.0)
    return max(end.values())


def drawn_critical_path(spec: FlowSpec, seconds: dict[str, float]) -> float:
    """From the drawn edges alone, by relaxation until nothing changes."""
    end = dict(seconds)
    changed = True
    while changed:
        changed = False
        for edge in spec.edges:
            later = end[edge.source.node] + seconds[edge.target.node]
            if later > end[edge.target.node]:
                end[edge.target.node], changed = later, True
    return max(end.values())


def test_there_are_23_graphs() -> None:
    assert len(GRAPHS) == 23


def test_series_parallel_graphs_are_told_from_the_others(file: Path) -> None:
    spec, _ = read(file)

    assert compile_plan(spec).is_series_parallel == (file.stem in SERIES_PARALLEL)


def test_every_node_has_one_path_after_its_inputs(file: Path) -> None:
    spec, _ = read(file)
    plan = compile_plan(spec)

    place = {node: index for index, node in enumerate(plan.order)}
    assert set(plan.paths) == set(place) == {node.id for node in spec.nodes}
    assert len(set(plan.paths.values())) == len(spec.nodes)
    assert all(place[edge.source.node] < place[edge.target.node] for edge in spec.edges)


def test_the_critical_path_is_that_of_the_drawn_graph(file: Path) -> None:
    spec, seconds = read(file)

    assert critical_path(compile_plan(spec), seconds) == drawn_critical_path(spec, seconds)


def test_strict_mode_waits_at_most_a_third_longer(file: Path) -> None:
    spec, seconds = read(file)
    plan = compile_plan(spec, strict=True)

    assert plan.is_series_parallel
    assert bool(plan.joins) == (file.stem not in SERIES_PARALLEL)
    assert critical_path(plan, seconds) <= 4 / 3 * drawn_critical_path(spec, seconds)


def test_every_node_is_explained(file: Path) -> None:
    spec, _ = read(file)
    plan = compile_plan(spec)

    assert explain(plan).count("\n") >= len(spec.nodes)
    assert explain(plan, "mermaid").count('["n') == len(spec.nodes)
