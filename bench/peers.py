"""Ours beside every peer: same machine, same Postgres (fsync on), interleaved in one run.

    bench/peers.sh                              installs the peers, once
    python bench/peers.py [--rounds 5] [--at-once 1 4 16] [--only steps flows]

Steps: 100 in a row, each recorded with two events before the next begins, and 10 branches of 10;
for a hand-written statement a commit, for ours (whole: check, compile, pin, queue, claim, walk,
record, end), for LangGraph with its PostgresSaver, for plain DBOS. Each also with commits that take
5 ms. Flows: what a person waits for, over HTTP. Prints a Markdown table; keeps it, and every single
measurement, in bench/results.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from latency import lab
from support.cpu import load
from support.flow_goals import flow_table
from support.found import Found
from support.goals import step_tables
from support.over_http import OverHttp
from support.plugin import plug_in
from support.rival import Rival, is_installed, make_database
from support.runtime import launch_worker

RESULTS = Path(__file__).parent / "results"
SLOW_US = 5_000


class Bench:
    """Everybody who takes part, and what was found."""

    def __init__(self, stack: ExitStack, url: str, worker: int) -> None:
        self.found: list[Found] = []
        self.rivals: dict[str, dict[str, Rival]] = {}
        for commits, delay in (("as they are", 0), ("5 ms", SLOW_US)):
            suffix = "_slow" if delay else ""

            def database(name: str, delay: int = delay, suffix: str = suffix) -> str:
                return make_database(url, name + suffix, commit_delay_us=delay)

            ours_at, pid = url, worker
            if delay:
                ours_at = database("ours")
                launched = launch_worker(ours_at)
                stack.callback(launched.stop)
                pid = launched.pid
            self.rivals[commits] = {
                "limit": Rival("limit.py", database("limit")),
                "ours": Rival("ours.py", ours_at, str(pid)),
                "DBOS": Rival("plain_dbos.py", database("plain")),
            }
            if is_installed("langgraph"):
                self.rivals[commits]["LangGraph"] = Rival(
                    "langgraph_saver.py", database("langgraph"), peer="langgraph"
                )
        if is_installed("langgraph"):
            file = str(Path(tempfile.mkdtemp()) / "langgraph.sqlite")
            self.rivals["as they are"]["LangGraph SQLite"] = Rival(
                "langgraph_saver.py", file, peer="langgraph"
            )
        else:
            print("LangGraph is not installed (bench/peers.sh): left out.")
        for some in self.rivals.values():
            for rival in some.values():
                stack.callback(rival.stop)

    def steps(self, number: int, at_once: list[int]) -> None:
        """One round of the two shapes, everybody in turn."""
        for commits, rivals in self.rivals.items():
            for case in ("sequence", "fan"):
                for count in at_once:
                    for name in ("limit", "ours", "LangGraph", "DBOS"):
                        if name in rivals:
                            took = rivals[name].run(case, count)
                            self._keep(number, case, commits, count, name, took)
            self._keep(number, "writes", commits, 1, "ours", rivals["ours"].run("writes"))

    def flows(self, number: int, http: OverHttp) -> None:
        """One round of what a person waits for."""
        ours: dict[str, Callable[[], dict[str, float]]] = {
            "chain": http.chain, "seconds": http.seconds,
            "throughput": http.throughput, "first step": http.first_step,
        }  # fmt: skip
        for case, measure in ours.items():
            self._keep(number, case, "as they are", 1, "ours", measure())
            for name in ("LangGraph", "LangGraph SQLite", "DBOS"):
                rival = self.rivals["as they are"].get(name)
                if rival and case in ("chain", "seconds"):
                    took = [rival.run(case) for _ in range(http.chains if case == "chain" else 1)]
                    middle = {k: statistics.median(one[k] for one in took) for k in took[0]}
                    self._keep(number, case, "as they are", 1, name, middle)

    def _keep(
        self, number: int, case: str, commits: str, count: int, name: str, took: dict[str, float]
    ) -> None:
        if number >= 0:
            self.found.append(Found(number, case, commits, count, name, took))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--only", nargs="+", choices=("steps", "flows"), default=("steps", "flows"))
    given = parser.parse_args()
    plug_in()
    loads = [load()]
    with ExitStack() as stack:
        runtime = stack.enter_context(lab(workers=1))
        http = stack.enter_context(OverHttp(runtime))
        bench = Bench(stack, runtime.home.database_url, http.worker)
        for number in range(-1, given.rounds):
            if "steps" in given.only:
                bench.steps(number, given.at_once)
            if "flows" in given.only:
                bench.flows(number, http)
            loads.append(load())
            print(f"round {number + 1} of {given.rounds}: {loads[-1]}", file=sys.stderr)
        if "flows" in given.only:
            bench.found.append(Found(0, "idle", "as they are", 1, "ours", http.idle()))
    text = f"{given.rounds} rounds, interleaved; medians. {loads[0]}; at the end {loads[-1]}.\n\n"
    text += step_tables(bench.found) if "steps" in given.only else ""
    text += flow_table(bench.found) if "flows" in given.only else ""
    print(text)
    RESULTS.mkdir(exist_ok=True)
    name = time.strftime("peers-%Y%m%d-%H%M%S")
    (RESULTS / f"{name}.md").write_text(text)
    kept = {"loads": loads, "found": [found._asdict() for found in bench.found]}
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
