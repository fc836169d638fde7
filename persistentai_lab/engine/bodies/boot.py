"""Starts the process that a nursery is, under the Python of its kind, walled in or not."""

import os
import subprocess
import sys
from collections.abc import Mapping
from socket import socket
from threading import Thread

from ...errors import BlockUnavailable
from ...security.sandbox import Sandbox, package_folder, readable_folders
from ...version import VERSION
from .kinds import Kind

GONE_WITHIN_S = 2.0
"""What was told to end and is still there after this is killed."""

_BOOT = """
import json, os, sys
sys.path[:] = {path!r}
if {folder!r}:
    from importlib import util
    spec = util.spec_from_file_location(
        "persistentai_lab", {folder!r} + "/__init__.py", submodule_search_locations=[{folder!r}]
    )
    sys.modules["persistentai_lab"] = lab = util.module_from_spec(spec)
    spec.loader.exec_module(lab)
def unfit(why):
    text = json.dumps({{"unfit": why}}).encode()
    os.write(0, len(text).to_bytes(4, "big") + bytes(8) + text)
    raise SystemExit
try:
    from persistentai_lab.version import VERSION as lab
except ImportError:
    unfit("has no persistentai_lab")
if lab != {lab!r}:
    unfit("has persistentai_lab " + lab)
try:
    from persistentai_lab.engine.bodies.nursery import serve
except ImportError as error:
    unfit("lacks " + str(error.name))
serve()
"""


class PythonMissing(BlockUnavailable):
    """The Python that a person's code is for is not to be had here."""

    code = "python_missing"

    def __init__(self, kind: Kind, why: str) -> None:
        super().__init__(
            f"This was written for {kind.executable}, which {why} here (needed: {VERSION}).",
            remedy=f"Install persistentai-lab {VERSION} there, or run the notebook with a Python "
            "that this machine has.",
        )


def start(kind: Kind, wire: socket, sandbox: Sandbox) -> "subprocess.Popen[bytes]":
    """Start it, with the wire as its standard input.

    By the loop's own thread: the kernel tells a child when the thread that started it dies.

    Raises:
        OSError: The machine has no room for it.
        PythonMissing: There is no such Python.
    """
    is_walled = kind.walled_for is not None
    folder = str(package_folder()) if is_walled else None
    code = _BOOT.format(path=list(kind.path), lab=VERSION, folder=folder)
    command = [kind.executable, "-c", code]
    try:
        return subprocess.Popen(
            sandbox.wrap(command, readable=readable_folders()) if is_walled else command,
            stdin=wire.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={} if is_walled else _environment(os.environ, kind),
        )
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        raise PythonMissing(kind, "is not there") from error


def end(process: "subprocess.Popen[bytes]") -> None:
    """Have it end, by force if it takes its time."""
    process.terminate()
    # Whoever dies with much memory dies slowly: not while the loop waits.
    Thread(target=_wait, args=[process], daemon=True).start()


def _environment(ours: Mapping[str, str], kind: Kind) -> dict[str, str]:
    """Another Python must not look for its library where ours is."""
    own = kind.executable == sys.executable
    return {k: v for k, v in ours.items() if own or k not in ("PYTHONHOME", "PYTHONPATH")}


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(GONE_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
