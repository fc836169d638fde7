"""The contract of files at length: `python bench/files_contract.py [STEPS] [--seed N]`.

Hypothesis drives the store in a real Postgres against dicts of dicts, and shrinks what differs: in
one half of the steps as it is, in the other so that versions come back as new lines, as large ones
do. The same seed takes the same steps.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent.parent))
from support.cpu import load
from support.ours import new_home

from persistentai_lab.engine.legs import migrate
from persistentai_lab.storage.embedded import EmbeddedPostgres
from persistentai_lab.storage.files import merging
from tests.lakefs.double import LakeFSDouble, settings_of
from tests.memory.files import contract
from tests.memory.files.test_contract import follow_the_contract

STEPS_EACH = 50


def main(steps: int, seed: int, in_lakefs: bool) -> None:
    """Count the steps that were taken."""
    taken = 0
    check = contract.Contract.check_invariants

    def counted(machine: contract.Contract, *rest: Any) -> None:
        nonlocal taken
        check(machine, *rest)
        taken += 1

    contract.Contract.check_invariants = counted  # type: ignore[assignment, method-assign]
    how = settings(
        max_examples=max(1, steps // STEPS_EACH * 3 // 4), stateful_step_count=STEPS_EACH,
        deadline=None, database=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    begun, cpu = time.monotonic(), time.process_time()
    server = EmbeddedPostgres(new_home())
    server.start()
    try:
        migrate(server.uri)
        with tempfile.TemporaryDirectory() as folder, LakeFSDouble.running() as double:
            environ = settings_of(double, Path(folder)) if in_lakefs else {}
            for n, few in enumerate((merging.FEW, 1)):
                merging.FEW = few
                follow_the_contract(server.uri, Path(folder), how, seeded=seed + n, environ=environ)
                took, spent = time.monotonic() - begun, time.process_time() - cpu
                print(f"{taken:,} steps held in {took:.0f} s ({spent:.0f} s of a processor here)")
    finally:
        server.stop()
    print(f"seed {seed}, {load()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("steps", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lakefs-double", action="store_true", help="files in lakeFS's double")
    asked = parser.parse_args(sys.argv[1:])
    main(asked.steps, asked.seed, asked.lakefs_double)
