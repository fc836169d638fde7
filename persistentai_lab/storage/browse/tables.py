"""The first rows of a Parquet or Arrow file, read in a child process with limits.

Whoever wrote the file may be anybody, and native code reads it: a crash or a bomb ends the child.
"""

import asyncio
import json
import sys

from ...flow.payload import Payload

BYTES_MAX = 64 * 1024 * 1024
WITHIN_S = 20
COLUMNS_MAX = 200


async def table_head(payload: Payload, media_type: str, rows: int) -> dict[str, object]:
    """The table's beginning, or why there is none."""
    if len(payload.data) > BYTES_MAX:
        return {"kind": "bytes", "about": "It is too large to be looked into here."}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "persistentai_lab.storage.browse.table_child", media_type, str(rows),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN_S):
            said, _ = await child.communicate(bytes(payload.data))
    except TimeoutError:
        child.kill()
        await child.wait()
        said = b""
    if child.returncode or not said:
        return {"kind": "bytes", "about": "It can’t be read as a table."}
    told: dict[str, object] = json.loads(said)
    return told
