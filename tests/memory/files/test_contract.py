"""The files layer does what dicts of dicts do; the long form is `bench/files_contract.py`."""

import asyncio
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from persistentai_lab.ids import Workspace
from persistentai_lab.memory.author import Author
from persistentai_lab.storage.blobs import Blobs
from persistentai_lab.storage.files import merging
from persistentai_lab.storage.memory import MemoryTree
from persistentai_lab.storage.pool import make_pool
from tests.memory.files.contract import machine
from tests.memory.files.house import House

SHORT = settings(
    max_examples=4, stateful_step_count=30, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.parametrize("few", [merging.FEW, 1])
def test_the_store_in_postgres(
    few: int, memory_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where versions mostly come back as new lines, as large ones do."""
    monkeypatch.setattr(merging, "FEW", few)
    follow_the_contract(memory_url, tmp_path, SHORT)


def follow_the_contract(
    url: str,
    folder: Path,
    how: settings,
    *,
    seeded: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Drive the store; each example has a workspace of its own."""
    numbers = count(time.time_ns())
    with asyncio.Runner() as runner:
        pool = make_pool(url, name="contract", min_size=1, max_size=2)
        runner.run(pool.open())
        tree = MemoryTree(pool, Blobs(pool, folder), environ=environ or {})

        def make() -> House:
            return House(tree, Author(Workspace(f"contract-{next(numbers)}"), "ada", "ada"))

        try:
            driven = machine(make, runner, is_chained=not environ)
            run_state_machine_as_test(
                driven if seeded is None else seed(seeded)(driven), settings=how
            )  # type: ignore[no-untyped-call]
        finally:
            runner.run(pool.close())
