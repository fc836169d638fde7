"""How long people wait for flows, beside what was wanted: a Markdown table."""

from typing import NamedTuple

from .found import Cell, Found

N8N_RUNS_S = 12.7
"""n8n's chain of 20 at concurrency 8, on this kind of machine when it was quiet."""
SAID = {True: "yes", False: "**no**", None: "–"}


class Row(NamedTuple):
    """What was found beside its goal."""

    what: str
    found: str
    goal: str = "stated"
    reached: bool | None = None


def flow_table(found: list[Found]) -> str:
    """Every flow that was measured over HTTP, and the peers in process."""
    cases = dict.fromkeys(one.case for one in found)
    cells = {case: Cell(found, case, "as they are", 1) for case in cases}
    rows = [
        *_chain(cells["chain"]),
        *_many(cells["throughput"]),
        *_seconds(cells["seconds"]),
        *_first_step(cells["first step"]),
        *([_idle(cells["idle"])] if "idle" in cells else []),
    ]
    lines = [
        "### Flows as people wait for them\n",
        "| what | found | goal | reached |",
        "|---|---|---|---|",
        *(f"| {row.what} | {row.found} | {row.goal} | {SAID[row.reached]} |" for row in rows),
    ]
    return "\n".join([*lines, ""])


def _chain(cell: Cell) -> list[Row]:
    wall, cpu = cell.middle("ours", "wall_ms"), cell.middle("ours", "cpu_ms")
    postgres = cell.middle("ours", "postgres_ms")
    what = "chain of 20 pure blocks over HTTP, persisted, p50"
    rows = [Row(what, f"{wall:.1f} ms", "< 25 ms", wall < 25)]
    for who in ("LangGraph SQLite", "LangGraph", "DBOS"):
        if who not in cell:
            continue
        theirs = cell.middle(who, "wall_ms")
        shown = f"{theirs:.1f} ms, {cell.middle(who, 'cpu_ms'):.1f} CPU-ms"
        goal = ("ours is below", wall < theirs) if who == "LangGraph SQLite" else ()
        rows.append(Row(f"the same, {who} in process", shown, *goal))
    shown = f"{cpu:.1f} (Postgres {postgres:.1f})"
    what = "CPU-ms a run of it, worker and gateway, one at a time"
    return [*rows, Row(what, shown, "< 20", cpu < 20)]


def _many(cell: Cell) -> list[Row]:
    cpu, rate = cell.middle("ours", "cpu_ms"), cell.middle("ours", "runs_s")
    wanted = 10 * N8N_RUNS_S
    goal = f"≥ {wanted:.0f} (10 × n8n's {N8N_RUNS_S})"
    return [
        Row("the same, eight at a time", f"{cpu:.1f}", "< 20", cpu < 20),
        Row("runs of it a second, eight at a time", f"{rate:.1f}", goal, rate >= wanted),
    ]


def _seconds(cell: Cell) -> list[Row]:
    wall = cell.middle("ours", "wall_ms") / 1e3
    rows = [Row("10 branches × 1 s", f"{wall:.3f} s", "≤ 1.10 s", wall <= 1.10)]
    for who in ("LangGraph", "DBOS"):
        if who in cell:
            theirs = cell.middle(who, "wall_ms") / 1e3
            rows.append(Row(f"the same, {who} in process", f"{theirs:.3f} s"))
    return rows


def _first_step(cell: Cell) -> list[Row]:
    wall, seen = (cell.middle("ours", f"{it}_ms") for it in ("wall", "seen"))
    return [
        Row("POST → first step starts, p50", f"{wall:.1f} ms", "< 15 ms", wall < 15),
        Row("the same, until a reader has it", f"{seen:.1f} ms"),
    ]


def _idle(cell: Cell) -> Row:
    worker, gateway = (cell.middle("ours", f"{it}_percent") for it in ("worker", "gateway"))
    shown = f"{worker:.2f} % of a core (gateway {gateway:.2f} %)"
    return Row("idle worker", shown, "< 1 %", worker < 1)
