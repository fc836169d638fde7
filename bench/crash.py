"""A long storm of kills over a real runtime, counted from outside. Prints what it found.

    python bench/crash.py [--seed 1] [--workers 2] [--worker 50] [--gateway 10] [--postgres 10]
    python bench/crash.py --long

`--long` kills workers 200 times, gateway and Postgres 20 times each; some ten minutes. Each kill of
a worker leaves `--workers` less one to take its runs over, until it is started again.

Exits with 1 if anything was lost, doubled or forgotten. The short form runs in the tests.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.crash.storm import Plan, Storm


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="how many there are")
    parser.add_argument("--worker", type=int, default=50, help="how often one is killed")
    parser.add_argument("--gateway", type=int, default=10)
    parser.add_argument("--postgres", type=int, default=10)
    parser.add_argument("--long", action="store_true", help="200, 20 and 20 kills")
    given = parser.parse_args()
    if given.long:
        given.worker, given.gateway, given.postgres = 200, 20, 20
    folder = Path(tempfile.mkdtemp(prefix="pai-storm-"))
    folder.chmod(0o755)
    plan = Plan(given.seed, given.worker, given.gateway, given.postgres, workers=given.workers)
    storm = Storm(plan, folder)
    began = time.monotonic()
    storm.rage()
    facts = storm.facts
    print(f"seed {plan.seed}, {plan.workers} workers: {storm.kills.total()} kills"
          f" {dict(storm.kills)} in {time.monotonic() - began:.0f} s;"
          f" load average {os.getloadavg()[0]:.1f}")  # fmt: skip
    per_run = Counter(fact.watched.kills["worker"] for fact in facts)
    print(f"runs: {len(facts)}, by worker kills while they ran: {dict(sorted(per_run.items()))}")
    print(f"events read: {sum(len(fact.watched.seen) for fact in facts)}"
          f" over {sum(fact.watched.connections for fact in facts)} connections")  # fmt: skip
    wrong = {
        "not completed": sum(fact.detail["status"] != "completed" for fact in facts),
        "recorded steps repeated": sum(fact.repeated_after_record() for fact in facts),
        "bodies repeated beyond those in flight": sum(f.repeated_unexplained() for f in facts),
        "memory writes lost or doubled": sum(len(fact.wrong_memory()) for fact in facts),
        "events lost or doubled": sum(len(fact.wrong_events()) for fact in facts),
        "keyed writes under two keys": sum(
            len(fact.keys_of(f"pay{branch}")) != 1 for fact in facts for branch in range(3)
        ),
        "unkeyed writes repeated unasked": sum(
            fact.calls.count(f"{fact.watched.label}:last0") > 1 + fact.watched.answered
            for fact in facts
        ),
    }
    takeovers = [event for fact in facts for event in fact.watched.seen
                 if event["event"]["type"] == "run.recovered"]  # fmt: skip
    by_others = sum(_is_taken_over(event["event"]) for event in takeovers)
    print(f"runs recovered: {len(takeovers)}, of them by another worker: {by_others}")
    print(f"runs whose five layers were counted: {len(facts)}")
    print(f"bodies repeated: {sum(fact.repeated_bodies() for fact in facts)}")
    print(f"questions asked: {sum(len(fact.detail['questions']) for fact in facts)}")
    for what, count in wrong.items():
        print(f"{what}: {count}")
    return 1 if any(wrong.values()) else 0


def _is_taken_over(event: dict[str, str]) -> bool:
    return event["lost_worker"] not in (None, event["worker"])


if __name__ == "__main__":
    sys.exit(main())
