"""The contract of files at length: `python bench/files_contract.py [STEPS]`, 10,000 by default.

Hypothesis drives the store in a real Postgres against dicts of dicts, and shrinks what differs.
"""

import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent.parent))
from support.ours import new_home

from persistentai_lab.engine.legs import migrate
from persistentai_lab.storage.embedded import EmbeddedPostgres
from tests.memory.files import contract
from tests.memory.files.test_contract import follow_the_contract

STEPS_EACH = 50


def main(steps: int) -> None:
    """Count the steps that were taken."""
    taken = 0
    check = contract.Contract.all_branches_hold_what_they_should

    def counted(machine: contract.Contract) -> None:
        nonlocal taken
        taken += 1
        check(machine)

    counted.__dict__.update(check.__dict__)
    contract.Contract.all_branches_hold_what_they_should = counted  # type: ignore[method-assign]
    how = settings(
        max_examples=max(1, steps // STEPS_EACH * 3 // 2), stateful_step_count=STEPS_EACH,
        deadline=None, database=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    begun = time.monotonic()
    server = EmbeddedPostgres(new_home())
    server.start()
    try:
        migrate(server.uri)
        with tempfile.TemporaryDirectory() as folder:
            follow_the_contract(server.uri, Path(folder), how)
    finally:
        server.stop()
    print(f"{taken:,} steps held in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
