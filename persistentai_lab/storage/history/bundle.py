"""Audit bundles: runs with all that is recorded of them, and a script that a stranger can check."""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from ...errors import MemoryRefused, NotInMemory, PayloadExpired
from ...ids import Workspace
from ...memory.history import proof
from ..blobs import Blobs
from ..pool import Pool
from .items import items
from .seals import Seals, told

RUNS_MAX = 10_000
SCRIPT = "verify_bundle.py"
Connection = AsyncConnection[tuple[Any, ...]]
README = """An audit bundle: what is recorded of some runs, and the proof of it.

    python verify_bundle.py BUNDLE.zip [--anchor N:HASH]

runs/      all that is recorded of each run, an item a line: `facts` (manifest.json says what they
           are, by their kind), the hash of the value, and its text. `gone`: the value was let go
           of; what is left of it stands there.
seals.jsonl  the seals, from the first of these runs' to the newest of the workspace
flows/     the flows, as they were pinned        code/     people's own code, by its hash
values/    values that stand apart, by their hash (those that are still kept)
"""


class _Zip:
    """Writes files and notes their hashes."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self.hashes: dict[str, str] = {}

    def put(self, name: str, data: bytes) -> None:
        if name not in self.hashes:
            self.hashes[name] = hashlib.sha256(data).hexdigest()
            self._zip.writestr(name, data)

    def close(self, manifest: dict[str, Any]) -> None:
        text = json.dumps(manifest | {"files": self.hashes}, indent=1, sort_keys=True).encode()
        self._zip.writestr("manifest.json", text)
        self._zip.writestr("manifest.sha256", hashlib.sha256(text).hexdigest())
        self._zip.close()


class Bundles:
    """Makes bundles."""

    def __init__(self, pool: Pool, blobs: Blobs, seals: Seals) -> None:
        self._pool = pool
        self._blobs = blobs
        self._seals = seals

    async def make(self, workspace: Workspace, runs: Sequence[str], path: Path) -> None:
        """Write the bundle of some runs.

        Raises:
            NotInMemory: There is no such run.
            MemoryRefused: One has not ended, or they are too many.
        """
        await self._check(workspace, runs)
        for run in runs:
            await self._seals.seal(run)
        bundle = await asyncio.to_thread(_Zip, path)
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for run in runs:
                data = await _lines(connection, workspace, run)
                await asyncio.to_thread(bundle.put, f"runs/{run}.jsonl", data)
            key = (workspace, list(runs))
            for name, text in await (await connection.execute(_FLOWS, key)).fetchall():
                bundle.put(f"flows/{name}.json", text.encode())
            for sha256, text in await (await connection.execute(_CODE, key)).fetchall():
                bundle.put(f"code/{sha256}.py", text.encode())
            values = await (await connection.execute(_VALUES, key)).fetchall()
        for sha256, media_type in values:
            try:
                payload = await self._blobs.open(workspace, sha256, media_type)
            except PayloadExpired:
                continue
            await asyncio.to_thread(bundle.put, f"values/{sha256}", bytes(payload.data))
        seals = [told(row) for row in await self._seals.seals(workspace, runs)]
        bundle.put("seals.jsonl", "".join(f"{json.dumps(seal)}\n" for seal in seals).encode())
        bundle.put("README.txt", README.encode())
        script = files("persistentai_lab.memory.history").joinpath(SCRIPT).read_bytes()
        bundle.put(SCRIPT, script)
        manifest = {
            "format": proof.FORMAT, "workspace": workspace, "runs": list(runs),
            "made_at": datetime.now(UTC).isoformat(), "columns": proof.COLUMNS,
            "values": proof.VALUES,
        }  # fmt: skip
        await asyncio.to_thread(bundle.close, manifest)

    async def _check(self, workspace: Workspace, runs: Sequence[str]) -> None:
        if not 1 <= len(runs) <= RUNS_MAX:
            raise MemoryRefused(
                f"A bundle has 1 to {RUNS_MAX:,} runs, not {len(runs):,}.",
                remedy="Ask for another span of time.",
            )
        async with self._pool.connection() as connection:
            rows = await connection.execute(_ENDED, (workspace, list(runs)))
            ended: dict[str, bool] = dict(await rows.fetchall())
        if missing := [run for run in runs if run not in ended]:
            raise NotInMemory(
                f"There is no run {missing[0]!r}.", remedy="`history.runs` lists them."
            )
        if going := [run for run in runs if not ended[run]]:
            raise MemoryRefused(
                f"Run {going[0]!r} has not ended: there is nothing to prove yet.",
                remedy="Export it when it has, or leave it out.",
            )


async def _lines(connection: Connection, workspace: Workspace, run: str) -> bytes:
    """The items of a run, up to where it was sealed."""
    row = await (await connection.execute(_SEQ, (workspace, run))).fetchone()
    pieces: list[bytes] = []
    async for rows in items(connection, workspace, run, row[0] if row else 0):
        pieces += await asyncio.to_thread(_written, rows)
    return b"".join(pieces)


def _written(rows: list[Any]) -> list[bytes]:
    return [
        (
            json.dumps(
                {"facts": facts, "sha256": digest.hex(), "text": text, "gone": gone},
                ensure_ascii=False,
            )
            + "\n"
        ).encode()
        for facts, digest, text, gone in rows
    ]


_ENDED = """
SELECT id, ended_at IS NOT NULL FROM pai.run WHERE workspace = %s AND id = ANY(%s)
"""
_SEQ = "SELECT seq FROM pai.run_seal WHERE workspace = %s AND run = %s"
_FLOWS = """
SELECT DISTINCT v.flow_hash || '.' || v.plan_hash, v.spec::text
FROM pai.run r JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE r.workspace = %s AND r.id = ANY(%s)
"""
_CODE = """
SELECT DISTINCT c.sha256, c.source
FROM pai.run r, LATERAL json_each_text(r.code) AS used
     JOIN pai.code c ON c.sha256 = used.value
WHERE r.workspace = %s AND r.id = ANY(%s) AND c.workspace = r.workspace
"""
_VALUES = """
SELECT DISTINCT sha256, media_type FROM pai.blob_use WHERE workspace = %s AND run = ANY(%s)
"""
