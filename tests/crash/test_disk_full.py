"""The disk runs full under Postgres: nothing acknowledged is lost, and the run goes on later."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from persistentai_lab.storage.home import STATE_VARIABLE, Home
from persistentai_lab.supervisor import down, up
from tests.crash.storm import API
from tests.runtime import flow, node, until

SIZE = "400m"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own, that a test may fill."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill")
    folder = Path(tempfile.mkdtemp(prefix="pai-disk-"))
    folder.chmod(0o755)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_run_outlives_a_full_disk(small_disk: Path) -> None:
    home = Home.open(small_disk / "home", {STATE_VARIABLE: str(small_disk / "state")})
    steps = 12
    nodes = [node("n0", "time.wait", seconds=0.2, value="x")]
    nodes += [node(f"n{i}", "time.wait", seconds=0.2) for i in range(1, steps)]

    edges = tuple(f"n{i - 1} > n{i}.value" for i in range(1, steps))
    spec = flow(
        *nodes, node("note", "records.append", key="list"), edges=(*edges, "n3 > note.item")
    )
    body = {"flow": spec.model_dump(mode="json", exclude_unset=True)}
    probe = {"flow": flow(node("a", "numbers.add", left=1, right=1)).model_dump(mode="json")}
    try:
        up(home)
        transport = httpx.HTTPTransport(uds=str(home.gateway_socket))
        with httpx.Client(transport=transport, base_url=f"http://gateway{API}", timeout=60) as http:
            run = http.post("/runs", json=body).json()["run_id"]

            filler = fill(small_disk)
            refused = until(lambda: refusal(http, probe), "a start is refused", within_s=60)
            filler.unlink()

            until(lambda: status(http, run) == "completed", "the run ends", within_s=90)
            events = http.get(f"/runs/{run}/events", params={"limit": 5000}).json()["events"]
            again = until(lambda: started(http, probe), "runs can be started again", within_s=60)
            until(lambda: status(http, again) == "completed", "and end", within_s=60)
        with psycopg.connect(home.database_url) as connection:
            written = connection.execute("SELECT value FROM pai.record").fetchone()
    finally:
        down(home)
    assert refused["code"] == "unavailable"
    assert refused["remedy"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert written == (["x"],)


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream:
        for size in (1 << 20, 1 << 12):
            try:
                while stream.write(b"\0" * size):
                    pass
            except OSError:
                continue
    return filler


def refusal(http: httpx.Client, body: dict[str, object]) -> dict[str, str] | None:
    """The problem that a start is answered with, once it is. Each start writes: one must fail."""
    answer = http.post("/runs", json=body)
    if answer.status_code == 201:
        http.post(f"/runs/{answer.json()['run_id']}/cancel")
        return None
    assert answer.status_code == 503, answer.text
    return answer.json()  # type: ignore[no-any-return]


def started(http: httpx.Client, body: dict[str, object]) -> str | None:
    answer = http.post("/runs", json=body)
    return answer.json()["run_id"] if answer.status_code == 201 else None


def status(http: httpx.Client, run: str) -> str | None:
    answer = http.get(f"/runs/{run}")
    return answer.json()["status"] if answer.status_code == 200 else None
