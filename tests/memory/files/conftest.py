"""Files in lakeFS: its double, which is ours, and the settings to reach it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.lakefs.double import KEY_ID, SECRET, LakeFSDouble


@pytest.fixture(scope="module")
def double() -> Iterator[LakeFSDouble]:
    with LakeFSDouble.running() as double:
        yield double


@pytest.fixture
def environ(double: LakeFSDouble, tmp_path: Path) -> Mapping[str, str]:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    return {
        "PERSISTENTAI_LAKEFS_URL": double.url,
        "PERSISTENTAI_LAKEFS_NAMESPACE": "mem://objects",
        "PERSISTENTAI_LAKEFS_KEY_ID": KEY_ID,
        "PERSISTENTAI_LAKEFS_SECRET_FILE": str(secret),
    }
