"""What is said of a process is true: of the dead, the stopped, the zombie and the next one."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from persistentai_lab.storage.process import Process, arguments, sessions_with

SLEEP = (sys.executable, "-I", "-S", "-c", "import time; time.sleep(1000)")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEP, start_new_session=True, env={"PAI_TEST": str(os.getpid())}) as it:
        yield it
        it.kill()


def eventually(holds: object) -> None:
    deadline = time.monotonic() + 60
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_living_process_is_found_and_is_itself(sleeper: subprocess.Popen[bytes]) -> None:
    found = Process.find(sleeper.pid)

    assert found
    assert found.is_alive()
    assert found == Process.find(sleeper.pid)


def test_a_zombie_is_dead_although_it_can_be_signalled(sleeper: subprocess.Popen[bytes]) -> None:
    found = Process.find(sleeper.pid)
    assert found
    os.kill(sleeper.pid, signal.SIGKILL)
    eventually(lambda: not found.is_alive())

    os.kill(sleeper.pid, 0)  # nobody has collected it
    assert Process.find(sleeper.pid) is None
    assert not found.send(signal.SIGTERM)


def test_a_later_process_with_the_same_pid_is_another(sleeper: subprocess.Popen[bytes]) -> None:
    found = Process.find(sleeper.pid)
    assert found
    earlier = replace(found, started="before-the-reboot:1")

    assert not earlier.is_alive()
    assert not earlier.send(signal.SIGKILL)
    assert found.is_alive()


def test_a_stopped_process_lives_and_is_known_as_stopped(sleeper: subprocess.Popen[bytes]) -> None:
    found = Process.find(sleeper.pid)
    assert found
    assert not found.is_stopped()

    found.send(signal.SIGSTOP)

    eventually(found.is_stopped)
    assert found.is_alive()


def test_the_end_of_a_process_that_is_not_our_child_is_noticed() -> None:
    started = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:]); print(p.pid)"
    command = [sys.executable, "-c", started, *SLEEP]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        process = Process.find(int(parent.stdout.readline()))
    assert process

    async def kill_and_notice() -> None:
        noticed = asyncio.ensure_future(process.gone())
        await asyncio.sleep(0)
        assert not noticed.done()
        process.send(signal.SIGKILL)
        await asyncio.wait_for(noticed, 10)

    asyncio.run(kill_and_notice())
    assert not process.is_alive()


def test_waiting_for_one_that_lives_ends(sleeper: subprocess.Popen[bytes]) -> None:
    found = Process.find(sleeper.pid)

    assert found
    assert not found.wait(0.01)


def test_a_session_is_found_by_what_it_was_started_with(sleeper: subprocess.Popen[bytes]) -> None:
    def find() -> dict[Process, dict[str, str]]:
        return sessions_with("PAI_TEST", str(os.getpid()))

    eventually(find)
    (found,) = find()

    assert found.pid == sleeper.pid
    assert arguments(found) == SLEEP
    assert not sessions_with("PAI_TEST", "another")


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1])
def test_a_pid_that_cannot_be_is_nobody(pid: int) -> None:
    assert Process.find(pid) is None
