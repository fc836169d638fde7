"""Other people's functions run walled in, or not at all. Each attack works where there is no wall.

The attacks are bodies; each says how far it came. The unwalled half of each test shows that it is
the wall that stops them, not a mistake in the attack.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from persistentai_lab.engine.bodies.body import Bodies, BodyDied, Done, Work
from persistentai_lab.engine.bodies.code import Code
from persistentai_lab.engine.bodies.context import Errand, Say
from persistentai_lab.engine.commands.pinned import Module
from persistentai_lab.errors import BodyTimedOut, NodeError
from persistentai_lab.flow.environment import Environment
from persistentai_lab.flow.payload import File, Payload
from persistentai_lab.flow.signature import Port, Signature
from persistentai_lab.ids import Json
from persistentai_lab.memory.layer import Answer, Query
from persistentai_lab.security import sandbox
from persistentai_lab.security.identity import Identity
from persistentai_lab.security.sandbox import SandboxUnavailable, Sandlock
from tests.runtime import ME, Runtime, flow, node, until


def _why_none() -> str:
    try:
        Sandlock().check()
    except SandboxUnavailable as error:
        return error.message
    return ""


needs_sandbox = pytest.mark.skipif(bool(_why_none()), reason=_why_none() or "there is one")

ATTACKS = """
import ctypes, os, signal, socket, struct, subprocess, time
from persistentai_lab.blocks import block

@block
def read(path: str) -> str:
    return open(path).read()

@block
def write(path: str) -> str:
    open(path, "w").write("written")
    return "written"

@block
def look_up(variable: str) -> str:
    return os.environ[variable]

@block
def connect(port: int) -> str:  # past Python, which would refuse it
    libc = ctypes.CDLL(None, use_errno=True)
    line = libc.socket(2, 1, 0)
    where = struct.pack("=HH4s8x", 2, socket.htons(port), socket.inet_aton("127.0.0.1"))
    if line < 0 or libc.connect(line, where, 16):
        raise OSError(ctypes.get_errno(), "connect")
    return "connected"

@block
def connect_unix(path: str) -> str:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
    return "connected"

@block
def run_program(path: str) -> str:
    return subprocess.run(["/bin/cat", path], check=True, capture_output=True, text=True).stdout

@block
def kill(pid: int) -> str:
    os.kill(pid, signal.SIGKILL)
    return "killed"

@block
def many_processes(most: int) -> int:
    children = []
    try:
        for _ in range(most):
            pid = os.fork()
            if not pid:
                time.sleep(60)
                os._exit(0)
            children.append(pid)
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
    return len(children)

@block
def much_memory(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))

@block
def memory_of_many(processes: int, megabytes: int) -> int:
    for _ in range(processes):
        if not os.fork():
            kept = bytearray(megabytes << 20)
            for page in range(0, len(kept), 4096):
                kept[page] = 1
            time.sleep(60)
    os.wait()
    os.kill(os.getpid(), signal.SIGKILL)

@block
def hidden_memory() -> int:
    return os.memfd_create("x")

@block
def loop() -> None:
    while True:
        pass

@block
def leave_behind() -> int:
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    while True:
        pass

@block
def noise(megabytes: int) -> int:
    return os.write(1, b"x" * (megabytes << 20))

@block
def lie() -> str:
    from persistentai_lab.engine.bodies import child
    said = {"outputs": [{"port": "result", "media_type": "application/json", "size": 3}]}
    child.ChildWire.send = lie_by
    return "x"

def lie_by(wire, header, parts=()):
    import json
    header["reply"]["outputs"][0]["size"] = 3
    text = json.dumps(header).encode()
    wire._line.sendall(len(text).to_bytes(4) + (3).to_bytes(8) + text + b"}{\\x00")

@block
def fill(megabytes: int) -> bytes:
    return os.urandom(1 << 20) * megabytes

@block
def size(value: bytes) -> int:
    return len(value)
"""


async def nothing(query: Query) -> Answer:
    return Answer()


class Caller:
    """Runs attacks, walled in or not."""

    def __init__(self, bodies: Bodies, tmp_path: Path) -> None:
        self.bodies = bodies
        self.folder = tmp_path
        self.lines: list[str] = []

    async def __call__(
        self,
        name: str,
        *,
        walled: bool = True,
        timeout_s: float = 90.0,
        environment: Environment | None = None,
        network: bool = False,
        payloads: dict[str, Payload] | None = None,
        **inputs: Json,
    ) -> Done:
        given = {port: Payload(json.dumps(value).encode()) for port, value in inputs.items()}
        code = Code(ATTACKS, environment, is_trusted=not walled, caller="eve")
        work = Work(
            f"attacks:{name}", 1, False, timeout_s, Errand("r", "s0", 1, 1),
            network, None if name in ("loop",) else ("result",),
        )  # fmt: skip
        say = Say(lambda _level, line: self.lines.append(line), lambda _done, _total: None)
        return await self.bodies.run(
            work, given | (payloads or {}), code=code, say=say, ask=nothing
        )

    async def result(self, name: str, *, walled: bool, **inputs: Json) -> Json:
        done = await self(name, walled=walled, **inputs)
        value: Json = json.loads(bytes(done.outputs["result"].data))
        return value

    def draft(self) -> File:
        return File(os.open(self.folder, os.O_TMPFILE | os.O_RDWR))


def act(tmp_path: Path, body: Callable[[Caller], object]) -> None:
    """Have a test's coroutine run with bodies of its own."""

    async def main() -> None:
        caller: Caller
        bodies = Bodies(draft=lambda: caller.draft())
        caller = Caller(bodies, tmp_path)
        try:
            await body(caller)  # type: ignore[misc]
        finally:
            bodies.close()

    asyncio.run(main())


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def unix(tmp_path: Path) -> Iterator[str]:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        yield path


@needs_sandbox
def test_a_walled_function_reaches_no_file_no_network_and_no_process(
    tmp_path: Path, port: int, unix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    monkeypatch.setenv("PAI_TEST_SECRET", "the secret")
    sleeper = subprocess.Popen(["sleep", "600"])
    attacks: list[tuple[str, dict[str, Json]]] = [
        ("read", {"path": "/etc/passwd"}),
        ("read", {"path": str(secret)}),
        ("read", {"path": str(Path(__file__))}),
        ("look_up", {"variable": "PAI_TEST_SECRET"}),
        ("connect", {"port": port}),
        ("connect_unix", {"path": unix}),
        ("write", {"path": str(tmp_path / "written")}),
        ("run_program", {"path": str(secret)}),
        ("kill", {"pid": sleeper.pid}),
    ]

    async def main(caller: Caller) -> None:
        for name, inputs in attacks:
            with pytest.raises(NodeError) as refused:
                await caller.result(name, walled=True, **inputs)
            assert refused.value.code == "raised", (name, refused.value.message)
        assert sleeper.poll() is None, "it lives"
        for name, inputs in attacks:
            assert await caller.result(name, walled=False, **inputs), name

    try:
        act(tmp_path, main)
        assert sleeper.wait() == -signal.SIGKILL
    finally:
        sleeper.kill()


@needs_sandbox
def test_a_walled_function_is_held_to_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "MAX_MEMORY", 600 << 20)
    monkeypatch.setattr(sandbox, "MAX_ADDRESS_SPACE", 2 << 30)

    async def main(caller: Caller) -> None:
        with pytest.raises(NodeError, match="MemoryError"):
            await caller.result("much_memory", walled=True, megabytes=3000)
        assert await caller.result("much_memory", walled=False, megabytes=3000)
        with pytest.raises(BodyDied, match="SIGKILL"):
            await caller("memory_of_many", processes=6, megabytes=200)
        with pytest.raises(NodeError, match=r"memfd|not permitted"):
            await caller.result("hidden_memory", walled=True)
        assert await caller.result("hidden_memory", walled=False)

    act(tmp_path, main)


@needs_sandbox
def test_a_walled_function_is_held_to_its_processes_and_its_time(tmp_path: Path) -> None:
    async def main(caller: Caller) -> None:
        with pytest.raises(NodeError):
            await caller.result("many_processes", walled=True, most=200)
        assert await caller.result("many_processes", walled=False, most=200) == 200
        with pytest.raises(BodyTimedOut):
            await caller("loop", timeout_s=0.5)
        assert await caller.result("read", walled=True, path="/proc/cpuinfo"), "the next one runs"

    act(tmp_path, main)


@needs_sandbox
def test_what_a_walled_function_leaves_behind_is_ended(tmp_path: Path) -> None:
    async def main(caller: Caller) -> None:
        pid = await caller.result("leave_behind", walled=True)
        gone = lambda: not Path(f"/proc/{pid}").exists()  # noqa: E731
        await asyncio.to_thread(until, gone, "it is ended")

    act(tmp_path, main)


@needs_sandbox
def test_a_walled_function_may_say_what_it_likes(tmp_path: Path) -> None:
    async def main(caller: Caller) -> None:
        assert await caller.result("noise", walled=True, megabytes=5) == 5 << 20
        assert len(caller.lines) == 1
        with pytest.raises(BodyDied):
            await caller("lie")
        assert await caller.result("noise", walled=True, megabytes=1), "the next one runs"

    act(tmp_path, main)


@needs_sandbox
def test_large_values_go_in_and_out_of_the_sandbox_as_files(tmp_path: Path) -> None:
    async def main(caller: Caller) -> None:
        done = await caller("fill", megabytes=3)
        value = done.outputs["result"]
        assert value.file is not None
        assert len(value.data) == 3 << 20
        done = await caller("size", payloads={"value": value})
        assert done.outputs["result"].data == str(3 << 20).encode()

    act(tmp_path, main)


@needs_sandbox
def test_no_two_people_share_a_sandbox(tmp_path: Path) -> None:
    source = (
        "import os\nfrom persistentai_lab.blocks import block\n\n"
        "@block\ndef mark() -> list[str]:\n"
        "    found = os.listdir(os.environ['TMPDIR'])\n"
        "    open(os.environ['TMPDIR'] + '/mark', 'w').close()\n"
        "    return found\n"
    )

    async def main(caller: Caller) -> None:
        work = Work("marks:mark", 1, False, 20.0, Errand("r", "s0", 1, 1))
        say = Say(lambda _level, _message: None, lambda _done, _total: None)
        found = []
        for person in ("eve", "eve", "bob"):
            done = await caller.bodies.run(
                work, {}, code=Code(source, caller=person), say=say, ask=nothing
            )
            found.append(json.loads(bytes(done.outputs["result"].data)))
        assert found == [[], ["mark"], []]

    act(tmp_path, main)


@needs_sandbox
def test_a_sandbox_ends_with_its_worker(tmp_path: Path) -> None:
    """Not the test's own process: another that is killed in the middle."""
    note = tmp_path / "pid"
    script = tmp_path / "worker.py"
    script.write_text(
        "import asyncio\n"
        "from pathlib import Path\n"
        "from tests.engine.test_sandbox import Caller, act\n"
        "async def main(caller):\n"
        "    pid = await caller.result('leave_behind', walled=True)\n"
        f"    Path({str(note)!r}).write_text(str(pid))\n"
        "    await caller('loop', timeout_s=600)\n"
        f"act(Path({str(tmp_path)!r}), main)\n"
    )
    root = Path(__file__).parents[2]
    worker = subprocess.Popen(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(root)}
    )
    try:
        until(lambda: note.exists() and note.read_text(), "it runs")
        group = _descendants(worker.pid)
        assert len(group) >= 3, "a jail, a nursery, a fork"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in group), "all of it has ended")


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *_descendants(child)]
    return found


class NoSandbox:
    """A machine without one."""

    def check(self) -> None:
        raise SandboxUnavailable("None here.", remedy="Get one.")

    def wrap(self, command: object, *, readable: object) -> list[str]:
        raise AssertionError("never asked")


def test_without_a_sandbox_only_other_peoples_code_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        bodies = Bodies(sandbox=NoSandbox())  # type: ignore[arg-type]
        caller = Caller(bodies, tmp_path)
        try:
            with pytest.raises(SandboxUnavailable) as refused:
                await caller("noise", megabytes=1)
            assert not refused.value.retryable
            assert await caller.result("noise", walled=False, megabytes=1)
        finally:
            bodies.close()

    asyncio.run(main())


def test_other_peoples_code_gets_no_network_and_no_folders_of_its_choice(tmp_path: Path) -> None:
    async def main(caller: Caller) -> None:
        with pytest.raises(NodeError, match="network") as refused:
            await caller("connect", network=True, port=1)
        assert refused.value.code == "network_refused"
        with pytest.raises(NodeError, match=r"Python 2\.7"):
            await caller("noise", environment=Environment(executable="x", python="2.7.1", lab="0"))

    act(tmp_path, main)


@needs_sandbox
def test_a_path_that_code_names_is_not_readable_for_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the secret")
    version = ".".join(map(str, sys.version_info[:3]))
    elsewhere = Environment(executable="/bin/sh", python=version, lab="0", path=(str(tmp_path),))

    async def main(caller: Caller) -> None:
        with pytest.raises(NodeError, match="PermissionError"):
            await caller("read", environment=elsewhere, path=str(tmp_path / "secret"))

    act(tmp_path, main)


def test_a_strangers_run_is_walled_in_or_refused(runtime: Runtime, tmp_path: Path) -> None:
    """Whose run it is decides, with the same text."""
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    signature = Signature(
        block="attacks:read",
        inputs=(Port(name="path", type={"type": "string"}),),
        outputs=(Port(name="result", type={"type": "string"}),),
    )
    module = Module("attacks", ATTACKS, (signature,))
    spec = flow(node("read", "attacks:read", path=str(secret)), outputs={"text": "read"})
    runtime.worker()

    def ended(by: Identity) -> dict[str, Any]:
        return runtime.ended(asyncio.run(runtime.commands.start(spec, {}, (module,), by)).run)

    assert ended(ME)["outputs"] == {"text": {"json": "the secret"}}
    error = ended(Identity(user="stranger"))["error"]
    if _why_none():
        assert error["code"] == "sandbox_unavailable"
    else:
        assert "PermissionError" in error["message"]


def test_who_forks_a_strangers_run_does_not_come_to_trust_its_code(
    runtime: Runtime, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    signature = Signature(
        block="attacks:read",
        inputs=(Port(name="path", type={"type": "string"}),),
        outputs=(Port(name="result", type={"type": "string"}),),
    )
    module = Module("attacks", ATTACKS, (signature,))
    spec = flow(node("read", "attacks:read", path=str(secret)), outputs={"text": "read"})
    runtime.worker()
    stranger = Identity(user="stranger")
    theirs = asyncio.run(runtime.commands.start(spec, {}, (module,), stranger)).run
    runtime.ended(theirs)

    mine = asyncio.run(runtime.commands.fork(theirs, ME, at="read")).run

    error = runtime.ended(mine)["error"]
    assert error["code"] == "sandbox_unavailable" or "PermissionError" in error["message"]
    own = asyncio.run(runtime.commands.start(spec, {}, (module,), ME)).run
    assert runtime.ended(own)["outputs"] == {"text": {"json": "the secret"}}


@needs_sandbox
def test_a_sandbox_that_was_slow_once_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox._why_not.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "PROBE_S", 0.0)
        with pytest.raises(SandboxUnavailable, match="timed out"):
            Sandlock().check()

    Sandlock().check()
