"""The wall around other people's code. Where there is none to be had, such code is refused."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from ..errors import NodeError

MAX_MEMORY = 4 * 1024**3
"""Bytes of all processes in one sandbox together."""
MAX_ADDRESS_SPACE = 4 * 1024**3
"""Of each of them; allocators reserve more than they use."""
MAX_PROCESSES = 64
MAX_FILE = 1024 * 1024 * 1024
PROBE_S = 20.0
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime",
    "/dev/null", "/dev/zero", "/dev/urandom", "/proc/cpuinfo", "/proc/meminfo",
)  # fmt: skip
"""What any Python reads, and what is no secret."""


class SandboxUnavailable(NodeError):
    """Somebody else's code was to run, and nothing here can wall it in."""

    code = "sandbox_unavailable"


class Sandbox(Protocol):
    """Makes of a command one that runs walled in: no network, no files but those it is shown."""

    def check(self) -> None:
        """Blocks, the first time for a moment.

        Raises:
            SandboxUnavailable: It does not work on this machine; says why and what to do.
        """
        ...

    def wrap(self, command: Sequence[str], *, readable: Sequence[str]) -> list[str]:
        """The command to start instead. It is ended by SIGTERM, with all that it started.

        Args:
            command: Runs with standard input as it is, and a folder of its own to write to.
            readable: Files and folders that it may read.
        """
        ...


class Sandlock:
    """Landlock and seccomp by the package `sandlock`: real CPython, no privileges needed."""

    def check(self) -> None:
        """Have it run a Python once."""
        try:
            why = _why_not()
        except (OSError, subprocess.TimeoutExpired) as error:  # this time; the next may be better
            why = str(error)
        if why:
            raise SandboxUnavailable(
                f"This is somebody else's code, and no sandbox is to be had here: {why}.",
                remedy="Let its owner run it, or give the worker Linux 6.7 or newer and "
                "pip install 'persistentai-lab[sandbox]'.",
            )

    def wrap(self, command: Sequence[str], *, readable: Sequence[str]) -> list[str]:
        """See `Sandbox.wrap`."""
        return _wrapped(command, readable)


def readable_folders() -> tuple[str, ...]:
    """What a walled-in Python of ours may read: its library, its packages, and this one."""
    packages = [entry for entry in sys.path if os.path.basename(entry).endswith("-packages")]
    library = sysconfig.get_paths()
    wanted = [
        *_SYSTEM, sys.base_prefix, sys.base_exec_prefix, sys.prefix,
        library["stdlib"], library["platstdlib"], *packages, str(package_folder()),
    ]  # fmt: skip
    # A path that is not there would make the sandbox refuse to start.
    real = (os.path.realpath(path) for path in wanted if os.path.exists(path))
    return tuple(dict.fromkeys(path for path in real if path != "/"))


def package_folder() -> Path:
    """Where this package lies: the only thing that is shown of its surroundings."""
    return Path(__file__).parent.parent


def _wrapped(command: Sequence[str], readable: Sequence[str]) -> list[str]:
    asked = {
        "command": list(command),
        "readable": list(readable),
        "max_memory": MAX_MEMORY,
        "max_address_space": MAX_ADDRESS_SPACE,
        "max_processes": MAX_PROCESSES,
        "max_file": MAX_FILE,
        "path": sys.path,
        "parent": os.getpid(),
    }
    jail = Path(__file__).with_name("jail.py")
    return [sys.executable, "-I", str(jail), json.dumps(asked)]


@lru_cache(maxsize=1)
def _why_not() -> str:
    """Why no sandbox works here; nothing if one does. What it raises is not remembered."""
    if sys.platform != "linux":
        return "it takes Linux"
    hello = [sys.executable, "-I", "-c", "import os; os.write(0, b'walled in')"]
    said = b""
    read, write = os.pipe()
    try:
        result = subprocess.run(
            _wrapped(hello, readable_folders()),
            stdin=write,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=PROBE_S,
            check=False,
        )
        os.set_blocking(read, False)
        with suppress(BlockingIOError):
            said = os.read(read, 100)
    finally:
        os.close(write)
        os.close(read)
    if said == b"walled in":
        return ""
    last = result.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return last or "sandlock does not work on this kernel"
