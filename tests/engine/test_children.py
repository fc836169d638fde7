"""A person's functions run in forks of a process that has imported already, one fork a call."""

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

import persistentai_lab
from persistentai_lab.engine.bodies import nursery_client
from persistentai_lab.engine.bodies.body import Bodies, BodyDied, Done, Work
from persistentai_lab.engine.bodies.code import Code
from persistentai_lab.engine.bodies.context import Errand, Say
from persistentai_lab.errors import BlockUnavailable, NodeError
from persistentai_lab.flow.environment import Environment
from persistentai_lab.flow.payload import File, Payload
from persistentai_lab.flow.values import codec_for
from persistentai_lab.ids import Json
from persistentai_lab.memory.layer import Answer, Query
from persistentai_lab.version import VERSION
from tests.runtime import until

OWN = """
import os, random, socket, subprocess, sys, threading, time
from pathlib import Path
from persistentai_lab import NodeError
from persistentai_lab.blocks import block, Context

LOADED_BY = os.getpid()
CALLS = []

@block
def who() -> list[int]:
    CALLS.append(1)
    return [LOADED_BY, os.getpid(), os.getppid(), len(CALLS)]

@block
def lines(count: int, length: int) -> int:
    for _ in range(count):
        print("x" * length)
    return count

@block
def talk() -> None:
    print("printed")
    print("to standard error", file=sys.stderr)
    subprocess.run(["echo", "by a program"], check=True)
    print("10%\\r20%\\r30%", end="")

@block
def wait(note: str) -> None:
    child = subprocess.Popen(["sleep", "600"], start_new_session=note.endswith("away"))
    Path(note + "~").write_text(f"{os.getpid()} {os.getppid()} {child.pid}")
    os.rename(note + "~", note)
    time.sleep(600)

@block
def sneak(port: int) -> str:
    with socket.create_connection(("127.0.0.1", port)):
        return "connected"

@block
def local() -> str:
    ours, theirs = socket.socketpair()
    ours.send(b"hello")
    return theirs.recv(5).decode()

def helper(rows: list[int]) -> int:
    return rows["no number"]

@block
def fail() -> int:
    return helper([1])

@block
def fail_in_a_library() -> int:
    import json
    return helper_of_json(json)

def helper_of_json(json):
    return json.loads("{")

@block
def chances() -> list[float]:
    import numpy as np
    return [random.random(), float(np.random.rand())]

@block
def name_of_thread() -> str:
    return threading.current_thread().name
"""


async def nothing(query: Query) -> Answer:
    return Answer()


class Mine:
    """Calls functions of one's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bodies = Bodies(draft=self.draft)
        self.said: list[str] = []

    def draft(self) -> File:
        return File(os.open(self.folder, os.O_TMPFILE | os.O_RDWR))

    async def done(
        self,
        name: str,
        *,
        text: str = OWN,
        environment: Environment | None = None,
        network: bool = False,
        timeout_s: float | None = 60.0,
        payloads: dict[str, Payload] | None = None,
        **inputs: Json,
    ) -> Done:
        given = {port: Payload(json.dumps(value).encode()) for port, value in inputs.items()}
        outputs = () if name in ("talk", "wait") else ("result",)
        work = Work(f"cell:{name}", 1, False, timeout_s, Errand("r", "s0", 1, 1), network, outputs)
        say = Say(lambda _level, line: self.said.append(line), lambda _done, _total: None)
        code = Code(text, environment, is_trusted=True)
        return await self.bodies.run(
            work, given | (payloads or {}), code=code, say=say, ask=nothing
        )

    async def __call__(
        self,
        name: str,
        *,
        text: str = OWN,
        environment: Environment | None = None,
        network: bool = False,
        timeout_s: float | None = 60.0,
        **inputs: Json,
    ) -> Json:
        done = await self.done(
            name, text=text, environment=environment, network=network, timeout_s=timeout_s, **inputs
        )
        value: Json = json.loads(bytes(done.outputs["result"].data))
        return value


class Place:
    """A loop, and the bodies on it: a nursery that has imported already serves the next test too.

    Whatever a test does to it, the next one gets one that works: that is what they are about.
    """

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._mine = Mine(folder)

    def act(self, folder: Path, body: Callable[[Mine], Awaitable[None]]) -> None:
        """Have a test's coroutine run."""

        async def main() -> None:
            self._mine.folder, self._mine.said = folder, []
            await body(self._mine)

        self._runner.run(main())

    def close(self) -> None:
        """End its processes."""

        async def main() -> None:
            self._mine.bodies.close()

        self._runner.run(main())
        self._runner.close()


SHARED: list[Place] = []


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For all tests here: a nursery costs as much as a hundred calls."""
    SHARED.append(Place(tmp_path_factory.mktemp("children")))
    yield
    SHARED.pop().close()


def act(folder: Path, body: Callable[[Mine], Awaitable[None]]) -> None:
    """Have a test's coroutine run; outside of these tests with bodies of its own."""
    if SHARED:
        SHARED[0].act(folder, body)
    else:
        act_alone(folder, body)


def act_alone(folder: Path, body: Callable[[Mine], Awaitable[None]]) -> None:
    """With bodies of its own."""
    place = Place(folder)
    try:
        place.act(folder, body)
    finally:
        place.close()


def here(**changed: object) -> Environment:
    """The Python of this process."""
    python = ".".join(map(str, sys.version_info[:3]))
    path = tuple(os.path.abspath(entry) for entry in sys.path)
    known = Environment(executable=sys.executable, python=python, lab=VERSION, path=path)
    return known.model_copy(update=changed)


def is_gone(*pids: int | str) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_text_is_loaded_once_and_each_call_has_a_process_of_its_own(tmp_path: Path) -> None:
    async def main(mine: Mine) -> None:
        calls = await asyncio.gather(*(mine("who") for _ in range(4)))
        loaders, forks, parents, counts = zip(*calls, strict=True)  # type: ignore[arg-type]
        assert len(set(loaders)) == 1
        assert set(parents) == set(loaders), "the nursery that loaded it"
        assert len(set(forks)) == 4
        assert set(counts) == {1}, "what one call changes, no other sees"

    act(tmp_path, main)


def test_what_is_printed_becomes_lines_of_the_log(tmp_path: Path) -> None:
    async def main(mine: Mine) -> None:
        await mine.done("talk")

    kept = Mine(tmp_path)

    async def run(mine: Mine) -> None:
        await main(mine)
        kept.said = mine.said

    act(tmp_path, run)
    assert kept.said == ["printed", "to standard error", "by a program", "30%"]


def test_five_megabytes_of_output_hold_nobody_up(tmp_path: Path) -> None:
    async def main(mine: Mine) -> None:
        assert await mine("lines", count=1, length=5_000_000) == 1
        (line,) = mine.said
        assert len(line) < 11_000
        assert line.endswith("…")
        mine.said.clear()
        assert await mine("lines", count=50_000, length=100) == 50_000
        assert mine.said[:2] == ["x" * 100] * 2

    act(tmp_path, main)


def test_a_killed_process_fails_its_calls_only(tmp_path: Path) -> None:
    """The fork, or the nursery with all of its forks."""

    async def main(mine: Mine) -> None:
        for victim in (0, 1):
            note = tmp_path / f"note-{victim}"
            running = asyncio.create_task(mine.done("wait", note=str(note)))
            await asyncio.to_thread(until, note.exists, "it runs")
            pids = note.read_text().split()
            os.kill(int(pids[victim]), signal.SIGKILL)
            with pytest.raises(BodyDied, match="SIGKILL" if victim == 0 else "died") as died:
                await running
            assert died.value.retryable
            gone = partial(is_gone, pids[0], pids[victim])
            await asyncio.to_thread(until, gone, "it is gone")
            assert await mine("local") == "hello", "the next one runs"

    act(tmp_path, main)


def test_a_cancelled_body_takes_along_what_it_started(tmp_path: Path) -> None:
    async def main(mine: Mine) -> None:
        note = tmp_path / "note"
        running = asyncio.create_task(mine.done("wait", note=str(note)))
        await asyncio.to_thread(until, note.exists, "it runs")
        fork, nursery, program = note.read_text().split()
        running.cancel()
        await asyncio.to_thread(until, lambda: is_gone(fork, program), "both are gone")
        assert not is_gone(nursery)

    act(tmp_path, main)


def test_a_cancelled_body_takes_along_what_left_its_session(tmp_path: Path) -> None:
    async def main(mine: Mine) -> None:
        neighbour = tmp_path / "neighbour-away"
        beside = asyncio.create_task(mine.done("wait", note=str(neighbour)))
        note = tmp_path / "away"
        running = asyncio.create_task(mine.done("wait", note=str(note)))
        for each in (neighbour, note):
            await asyncio.to_thread(until, each.exists, "it runs")
        fork, nursery, program = note.read_text().split()
        running.cancel()
        await asyncio.to_thread(until, lambda: is_gone(fork, program), "both are gone")
        assert not any(is_gone(pid) for pid in [nursery, *neighbour.read_text().split()])
        beside.cancel()

    act(tmp_path, main)


@pytest.mark.parametrize("name", ["note", "away"])
def test_everything_ends_with_a_killed_worker(tmp_path: Path, name: str) -> None:
    note = tmp_path / name
    script = tmp_path / "worker.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tests.engine.test_children import act\n"
        f"act(Path({str(tmp_path)!r}), lambda mine: mine.done('wait', note={str(note)!r}))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    worker = subprocess.Popen([sys.executable, str(script)], env=environment)
    try:
        until(note.exists, "it runs")
        pids = note.read_text().split()
    finally:
        worker.kill()
        worker.wait()

    until(lambda: is_gone(*pids), "fork, nursery and program are gone")


def test_a_function_uses_the_network_only_if_it_says_so(tmp_path: Path) -> None:
    import socket

    async def main(mine: Mine) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with pytest.raises(NodeError, match="cell:sneak") as refused:
                await mine("sneak", port=port)
            assert await mine("sneak", port=port, network=True) == "connected"
        assert refused.value.code == "network_refused"
        assert "network=True" in refused.value.remedy
        assert await mine("local") == "hello", "sockets within a machine are no network"

    act(tmp_path, main)


def test_a_traceback_shows_the_persons_lines_and_the_librarys_last(tmp_path: Path) -> None:
    async def main(mine: Mine) -> None:
        with pytest.raises(NodeError) as own:
            await mine("fail")
        lines = own.value.__dict__["traceback"].splitlines()
        assert [line.strip() for line in lines if "File" in line or "return" in line] == [
            'File "<cell:fail>", line 3, in fail',
            "return helper([1])",
            'File "<cell:helper>", line 2, in helper',
            'return rows["no number"]',
        ]
        with pytest.raises(NodeError) as within:
            await mine("fail_in_a_library")
        files = [
            line for line in within.value.__dict__["traceback"].splitlines() if "  File" in line
        ]
        assert [Path(file.split('"')[1]).name for file in files] == [
            "<cell:fail_in_a_library>", "<cell:helper_of_json>", "decoder.py",
        ]  # fmt: skip

    act(tmp_path, main)


def test_a_text_that_does_not_load_says_why_in_the_persons_lines(tmp_path: Path) -> None:
    text = OWN + "\n\nTABLE = {}['no such key']\n"

    async def main(mine: Mine) -> None:
        with pytest.raises(NodeError, match="no such key") as refused:
            await mine("who", text=text)
        assert refused.value.code == "block_unavailable"
        assert "TABLE = {}['no such key']" in refused.value.__dict__["traceback"]
        assert "persistentai_lab" not in refused.value.__dict__["traceback"]

    act(tmp_path, main)


def test_a_text_that_never_stops_loading_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "pid"
    text = OWN + f"\n\nPath({str(note)!r}).write_text(str(os.getpid()))\nwhile True:\n    pass\n"

    async def main(mine: Mine) -> None:
        await mine.bodies.warm()  # a Python starts as slowly as a busy machine lets it
        with monkeypatch.context() as hurried:
            hurried.setattr(nursery_client, "LOADING_MAX_S", 4.0)
            with pytest.raises(NodeError, match="to load") as refused:
                await mine("who", text=text)
        assert not refused.value.retryable
        await asyncio.to_thread(until, lambda: is_gone(note.read_text()), "its nursery is gone")
        assert await mine("local") == "hello"

    act(tmp_path, main)


@pytest.mark.parametrize(
    ("environment", "code", "says"),
    [
        (here(executable="/nowhere/python"), "python_missing", "/nowhere/python"),
        (here(executable="/bin/cat"), "body_died", "died"),
        (here(packages={"pydantic": "0.1"}), "package_differs", "pydantic 0.1"),
        (here(packages={"no-such-package": "1"}), "package_differs", "no-such-package"),
    ],
)
def test_a_python_or_a_package_that_is_not_there_is_refused_by_name(
    tmp_path: Path, environment: Environment, code: str, says: str
) -> None:
    async def main(mine: Mine) -> None:
        with pytest.raises(NodeError, match=says) as refused:
            await mine("who", environment=environment)
        assert refused.value.code == code
        assert refused.value.remedy
        assert await mine("local", environment=here()) == "hello"

    act(tmp_path, main)


def another_python(folder: Path, *, lab: str) -> Environment:
    """A virtual environment without anything, and a copy of this package as another version."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    package = folder / "lab" / "persistentai_lab"
    package.parent.mkdir()
    package.symlink_to(Path(persistentai_lab.__file__).parent)
    if lab != VERSION:
        package.unlink()
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "version.py").write_text(f"VERSION = {lab!r}\n")
    path = (str(package.parent), *(entry for entry in here().path if "persistentai" not in entry))
    return here(executable=str(folder / "venv" / "bin" / "python"), path=path)


def test_a_function_runs_under_the_python_it_was_written_in(tmp_path: Path) -> None:
    text = "import sys\nfrom persistentai_lab.blocks import block\n\n" + (
        "@block\ndef python() -> str:\n    return sys.executable\n"
    )
    environment = another_python(tmp_path, lab=VERSION)

    async def main(mine: Mine) -> None:
        assert await mine("python", text=text, environment=environment) == environment.executable
        assert await mine("python", text=text) == sys.executable

    act(tmp_path, main)


def test_a_python_with_another_version_of_this_package_is_refused(tmp_path: Path) -> None:
    environment = another_python(tmp_path, lab="0.0.9")

    async def main(mine: Mine) -> None:
        with pytest.raises(NodeError, match=r"0\.0\.9") as refused:
            await mine("who", environment=environment)
        assert refused.value.code == "python_missing"

    act(tmp_path, main)


def test_no_two_calls_draw_the_same_random_numbers(tmp_path: Path) -> None:
    pytest.importorskip("numpy")

    async def main(mine: Mine) -> None:
        calls = [await mine("chances") for _ in range(3)]
        assert len({tuple(call) for call in calls}) == 3  # type: ignore[arg-type]
        assert len({number for call in calls for number in call}) == 6  # type: ignore[union-attr]

    act(tmp_path, main)


def test_libraries_with_threads_of_their_own_work_in_every_fork(tmp_path: Path) -> None:
    """Also where the text has started them before there is a fork."""
    pytest.importorskip("polars")
    pytest.importorskip("duckdb")
    text = """
import duckdb, numpy as np, pandas as pd, polars as pl
from persistentai_lab.blocks import block

@block
def sums() -> list[float]:
    table = pd.DataFrame({"a": np.arange(1000) % 7, "b": np.ones(1000)})
    by_pandas = table.groupby("a").b.sum().sum()
    by_polars = pl.from_pandas(table).group_by("a").agg(pl.col("b").sum())["b"].sum()
    by_duckdb = duckdb.sql("SELECT sum(b) FROM table").fetchall()[0][0]
    product = (np.ones((300, 300)) @ np.ones((300, 300))).sum()
    return [float(x) for x in (by_pandas, by_polars, by_duckdb, product)]
""".replace("FROM table", "FROM t").replace("table = pd", "t = table = pd")
    started = text + "\nKNOWN = pl.DataFrame({'a': [1, 2]}).group_by('a').agg(pl.len())\n"
    expected = [1000.0, 1000.0, 1000.0, 300.0**3]

    async def main(mine: Mine) -> None:
        for source in (text, started):
            for _ in range(2):
                assert await mine("sums", text=source) == expected

    act(tmp_path, main)


def test_large_values_go_by_file_and_are_read_where_they_lie(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    text = """
import numpy as np
from persistentai_lab.blocks import block

@block
def spoil(numbers: np.ndarray) -> np.ndarray:
    assert not numbers.flags.owndata
    numbers[0] = -1
    return numbers
"""
    numbers = np.arange(1_000_000.0).reshape(1000, 1000)

    async def main(mine: Mine) -> None:
        codec = codec_for(np.ndarray)
        file = mine.draft()
        file.write(codec.encode(numbers).data)
        given = Payload(file.mapped(), codec.encode(numbers).media_type, file=file)
        for _ in range(2):
            done = await mine.done("spoil", text=text, payloads={"numbers": given})
            kept = done.outputs["result"]
            assert kept.file is not None
            assert kept.sketch is not None
            back = codec.decode(kept)
            assert back[0].tolist() == [-1] * 1000  # type: ignore[index]
        assert (codec.decode(given) == numbers).all(), "a body changes what it sees, not what is"

    act(tmp_path, main)


def test_calls_leave_no_open_files_behind(tmp_path: Path) -> None:
    async def main(mine: Mine) -> None:
        async def some(calls: int) -> int:
            for _ in range(calls):
                await mine("local")
                with pytest.raises(NodeError):
                    await mine("fail")
            gc.collect()  # what errors still hold
            return len(os.listdir("/proc/self/fd"))

        before = await some(5)
        after = await some(25)
        assert after <= before + 5, "fewer than calls"

    act(tmp_path, main)


def test_a_call_after_its_nursery_was_killed_has_another(tmp_path: Path) -> None:
    async def main(mine: Mine) -> None:
        nursery, *_ = await mine("who")  # type: ignore[misc]
        os.kill(int(nursery), signal.SIGKILL)  # type: ignore[call-overload]
        while not is_gone(nursery):  # type: ignore[arg-type]
            time.sleep(0.01)  # noqa: ASYNC251 - the loop must not hear of it before it calls again

        again, *_ = await mine("who")  # type: ignore[misc]

        assert again != nursery

    act(tmp_path, main)


def test_a_text_without_the_function_that_is_called_says_so(tmp_path: Path) -> None:
    async def main(mine: Mine) -> None:
        with pytest.raises(NodeError, match="does not define it") as caught:
            await mine("nobody")
        assert caught.value.code == BlockUnavailable.code

    act(tmp_path, main)


def test_a_call_outlives_a_nursery_that_imports_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first call has imported; until then nobody is told that this one has ended."""
    monkeypatch.setattr(nursery_client, "GONE_WITHIN_S", 0.01)
    monkeypatch.setattr(nursery_client, "STUCK_AFTER_S", 0.01)
    is_held, imports = tmp_path / "is_held", tmp_path / "imports"
    (tmp_path / "openpyxl.py").write_text(f"""
import pathlib, time
is_held, imports = pathlib.Path({str(is_held)!r}), pathlib.Path({str(imports)!r})
while is_held.exists():
    imports.touch()
    time.sleep(0.01)
""")
    text = """
import os, time
from persistentai_lab.blocks import block

@block
def first() -> str:
    import openpyxl
    openpyxl.is_held.touch()
    end = os._exit

    def end_later(status):
        while not openpyxl.imports.exists():
            time.sleep(0.01)
        end(status)

    os._exit = end_later
    return "first"

@block
def second() -> str:
    return "second"
"""
    environment = here(path=(str(tmp_path), *here().path))

    async def main(mine: Mine) -> None:
        assert await mine("first", text=text, environment=environment) == "first"
        second = asyncio.create_task(mine("second", text=text, environment=environment))
        await asyncio.to_thread(until, imports.exists, "it imports")
        await asyncio.sleep(50 * nursery_client.STUCK_AFTER_S)
        # From here on it has to answer, and a busy machine may need longer than 10 ms for that.
        monkeypatch.setattr(nursery_client, "STUCK_AFTER_S", 60.0)
        is_held.unlink()
        assert await second == "second"

    act_alone(tmp_path, main)  # else what an earlier test left to be ended would have 10 ms, too
