"""A query of an agent in DuckDB: in a child, over throw-away copies of the tables it names."""

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ...errors import SqlRefused

TIME_S = 30.0
START_S = 30.0
"""For a child to begin, on a busy machine."""
SIZE_MAX = 128 * 1024 * 1024
AT_ONCE = 2
_gates: dict[int, asyncio.Semaphore] = {}


async def run(
    folder: Path, query: str, tables: Mapping[str, str], *, limit: int, time_s: float = TIME_S
) -> tuple[bytes, bool]:
    """Run a query: the result as an Arrow stream, and whether there was more. Raises `SqlRefused`.

    Args:
        folder: Where the tables lie; it may read nothing else.
        query: One SELECT.
        tables: The file of each table.
        limit: Rows at most.
        time_s: How long it may take.
    """
    asked = {"query": query, "tables": dict(tables), "limit": limit, "time_s": time_s}
    gate = _gates.setdefault(id(asyncio.get_running_loop()), asyncio.Semaphore(AT_ONCE))
    async with gate:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "persistentai_lab.memory.records.duck_child",
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=folder, env=_environment(),
            start_new_session=True, limit=1 << 20,
        )  # fmt: skip
        try:
            async with asyncio.timeout(time_s + START_S):
                said, data = await _talk(child, json.dumps(asked).encode() + b"\n")
        except TimeoutError:
            raise SqlRefused(
                f"The query ran longer than {time_s:g} s.", remedy="Ask for less."
            ) from None
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if "error" in said:
        raise SqlRefused(said["error"]["message"], remedy=said["error"]["remedy"])
    return data, bool(said["is_cut"])


async def _talk(child: Process, asked: bytes) -> tuple[dict, bytes]:  # type: ignore[type-arg]
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(asked)
    with suppress(ConnectionError):
        await child.stdin.drain()
    line = await child.stdout.readline()
    if not line:
        raise SqlRefused(
            "The query ended the process that it ran in.",
            remedy="It may have needed too much memory: filter before you join or sort.",
        )
    parts, size = [], 0
    while part := await child.stdout.read(1 << 20):
        size += len(part)
        if size > SIZE_MAX:
            raise SqlRefused(
                f"The result is larger than {SIZE_MAX / 1e6:.0f} MB.", remedy="Ask for less."
            )
        parts.append(part)
    return json.loads(line), b"".join(parts)


def _environment() -> dict[str, str]:
    """Nothing of ours but where the code is."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1",
                   "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip


def a_folder() -> tempfile.TemporaryDirectory[str]:
    """For the tables of one query."""
    return tempfile.TemporaryDirectory(prefix="pai-sql-")
