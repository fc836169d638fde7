"""How fast steps are beside those of others, and beside what was wanted: Markdown tables."""

from typing import NamedTuple

from .found import Cell, Found

WRITES = 20


class Ratio(NamedTuple):
    """A goal: so many times somebody's rate."""

    of: str
    goal: float


GOALS = {
    "sequence": (Ratio("limit", 0.7), Ratio("LangGraph", 2), Ratio("DBOS", 4)),
    "fan": (Ratio("limit", 0.5), Ratio("LangGraph", 6), Ratio("DBOS", 20)),
}
TITLES = {"sequence": "100 steps in a row", "fan": "10 branches of 10 steps"}


def step_tables(found: list[Found]) -> str:
    """Rates, their growth, and writes."""
    return "\n".join((_rates(found), _growth(found), _writes(found)))


def _settings(found: list[Found], case: str) -> list[tuple[str, int]]:
    return list(dict.fromkeys((one.commits, one.at_once) for one in found if one.case == case))


def _rates(found: list[Found]) -> str:
    lines = []
    who = ("ours", "limit", "LangGraph", "DBOS")
    for case, goals in GOALS.items():
        wanted = " · ".join(f"≥ {goal.goal:g} × {goal.of}" for goal in goals)
        lines += [
            f"### {TITLES[case]}: steps a second (CPU-ms a step). Goal: {wanted}\n",
            "| commits | runs at once | ours | walking alone | limit | LangGraph | DBOS "
            "| ÷ limit | ÷ LangGraph | ÷ DBOS | reached |",
            "|---|" + "---:|" * 9 + "---|",
        ]
        for commits, at_once in _settings(found, case):
            cell = Cell(found, case, commits, at_once)
            shown = [
                f"{cell.rate(name):,.0f} ({cell.cpu(name):.2f})" if name in cell else "–"
                for name in who
            ]
            shown.insert(1, f"{cell.rate('ours', 'walk_ms'):,.0f}")
            times = {goal: cell.times(goal.of) for goal in goals if goal.of in cell}
            shown += [f"{times[goal]:.2f}" if goal in times else "–" for goal in goals]
            missed = [goal.of for goal, value in times.items() if value < goal.goal]
            said = "yes" if not missed else "not " + ", ".join(missed)
            lines.append(f"| {commits} | {at_once} | " + " | ".join(shown) + f" | {said} |")
        lines.append("")
    return "\n".join(lines)


def _growth(found: list[Found]) -> str:
    lines = ["### With more runs at once. Goal: grows\n"]
    for case in GOALS:
        for commits in dict.fromkeys(commits for commits, _ in _settings(found, case)):
            counts = [n for c, n in _settings(found, case) if c == commits]
            rates = [Cell(found, case, commits, n).rate("ours") for n in counts]
            said = "yes" if rates == sorted(rates) else "no"
            shown = " → ".join(f"{rate:,.0f}" for rate in rates)
            at = ", ".join(map(str, counts))
            lines.append(f"- {TITLES[case]}, commits {commits}: {shown} at {at}: {said}")
    return "\n".join([*lines, ""])


def _writes(found: list[Found]) -> str:
    lines = ["### A row of `write` blocks, start committed before the body (goal: stated)\n"]
    for commits, at_once in _settings(found, "writes"):
        wall = Cell(found, "writes", commits, at_once).middle("ours", "wall_ms")
        rate = WRITES / wall * 1e3
        lines.append(f"- commits {commits}: {rate:,.0f} a second, {wall:.1f} ms for {WRITES}")
    return "\n".join([*lines, ""])
