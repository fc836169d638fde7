"""The short form of `bench/crash.py`, which kills for as long as one likes and by any seed.

Whatever is killed, nothing is lost, doubled or forgotten.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.storm import Plan, Storm


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own: as root those are closed to the user that runs Postgres."""
    folder = Path(tempfile.mkdtemp(prefix="pai-storm-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_storm_of_kills_loses_and_doubles_nothing(folder: Path) -> None:
    seed = int(os.environ.get("PAI_STORM_SEED", "1"))
    storm = Storm(Plan(seed=seed, worker_kills=3, gateway_kills=1, postgres_kills=1), folder)

    storm.rage()

    assert storm.kills == {"worker": 3, "gateway": 1, "postgres": 1}
    for fact in storm.facts:
        run = fact.watched
        assert fact.detail["status"] == "completed", fact.detail
        assert fact.repeated_after_record() == 0, fact.calls
        assert fact.repeated_unexplained() == 0, (run.kills, fact.calls)
        assert fact.wrong_memory() == []
        assert fact.wrong_events() == []
        assert len(fact.detail["questions"]) == run.answered
        assert all(len(fact.keys_of(f"pay{branch}")) == 1 for branch in range(3))
        unkeyed = sum(1 for call in fact.calls if call.endswith(":last0"))
        assert unkeyed <= 1 + run.answered
