from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger import Ledger
from tests.runtime import Runtime


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with Runtime(tmp_path, database_url) as runtime:
        yield runtime


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger() as ledger:
        yield ledger
