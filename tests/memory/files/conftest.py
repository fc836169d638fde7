"""Files in lakeFS: its double, which is ours, and the settings to reach it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.lakefs.double import LakeFSDouble, settings_of


@pytest.fixture(scope="module")
def double() -> Iterator[LakeFSDouble]:
    with LakeFSDouble.running() as double:
        yield double


@pytest.fixture
def environ(double: LakeFSDouble, tmp_path: Path) -> Mapping[str, str]:
    return settings_of(double, tmp_path)
