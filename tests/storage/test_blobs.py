"""Large values beside the database: whole or not at all."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from persistentai_lab.engine.records.values import Values
from persistentai_lab.flow.payload import Payload
from persistentai_lab.ids import DEFAULT_WORKSPACE
from persistentai_lab.storage.blobs import DATABASE_MAX, Blobs
from persistentai_lab.storage.pool import make_pool


def test_a_full_disk_leaves_nothing_behind_and_the_value_is_kept_when_there_is_room(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = os.fsync
    left_behind: list[list[Path]] = []

    def full_once(descriptor: int) -> None:
        if not left_behind:
            left_behind.append([])
            raise OSError(errno.ENOSPC, "No space left on device")
        if len(left_behind) == 1:
            left_behind.append([path for path in tmp_path.rglob("*") if path.is_file()])
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", full_once)
    payload = Payload(b"x" * (DATABASE_MAX + 1), "application/octet-stream")

    async def main() -> bytes:
        async with make_pool(database_url, name="test", min_size=1, max_size=1) as pool:
            values = Values(Blobs(pool, tmp_path), DEFAULT_WORKSPACE, "me", "me")
            kept = await values.keep(payload)
            return (await values.fetch(kept)).data

    assert asyncio.run(main()) == payload.data
    assert len(left_behind[1]) <= 1, "at most the file that is being written"
