"""Contents of files as they are looked at: as much as people read, told as what it is."""

import asyncio
import csv
import io
import json
from urllib.parse import quote

from ...ids import Json
from ...memory.author import Author
from ...memory.files.model import ERASED, Stat
from ..places import Places
from .model import Shown
from .tables import table_head

TEXT_MAX = 200_000
"""Bytes of a text that are shown; the rest is downloaded."""
ROWS_MAX = 500
_TEXTS = (
    "application/javascript", "application/toml", "application/x-ndjson", "application/xml",
    "application/yaml", "image/svg+xml",
)  # fmt: skip
_SEPARATED = {"text/csv": ",", "text/tab-separated-values": "\t"}
_TABLES = ("application/vnd.apache.parquet", "application/vnd.apache.arrow.file")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")


class Contents:
    """Reads the beginnings of files."""

    def __init__(self, files: Places) -> None:
        self._files = files

    async def shown(self, author: Author, branch: str, stat: Stat) -> Shown:
        """What of a file is shown."""
        media_type, size = stat.media_type or "", stat.size or 0
        raw = f"memory/files/{quote(branch)}/{quote(stat.path)}?at={stat.commit}"
        about = Shown(kind="bytes", media_type=media_type, size=size, raw=raw, is_whole=False)
        if media_type == ERASED:
            return about.model_copy(update={"about": "What it had in it was erased."})
        if media_type in _IMAGES:
            return about.model_copy(update={"kind": "image", "is_whole": True})
        payload = await self._files.open(author, stat)
        if media_type in _TABLES:
            return about.model_copy(update=await table_head(payload, media_type, ROWS_MAX))
        begin = bytes(payload.data[:TEXT_MAX])
        told = await asyncio.to_thread(read, begin, media_type, len(payload.data) <= TEXT_MAX)
        return about.model_copy(update=told)


def read(begin: bytes, media_type: str, is_whole: bool) -> dict[str, object]:
    """Tell content by its beginning; what is no text is told as bytes."""
    text = _text(begin, is_whole)
    if text is None:
        return {"kind": "bytes", "about": "It is no text, so it is not shown."}
    if media_type in _SEPARATED and (table := _separated(text, _SEPARATED[media_type], is_whole)):
        return table
    if is_whole and (media_type.endswith("json") or media_type == "application/x-ipynb+json"):
        try:
            value: Json = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            return {
                "kind": "text",
                "text": text,
                "is_whole": True,
                "about": f"Broken JSON: {error}",
            }
        is_book = isinstance(value, dict) and isinstance(value.get("cells"), list)
        return {"kind": "notebook" if is_book else "json", "value": value, "is_whole": True}
    return {"kind": "text", "text": text, "is_whole": is_whole}


def _text(begin: bytes, is_whole: bool) -> str | None:
    if b"\0" in begin:
        return None
    try:
        return begin.decode()
    except UnicodeDecodeError as error:
        # The last character may be cut in two.
        if not is_whole and error.start >= len(begin) - 4:
            return begin[: error.start].decode()
        return None


def _separated(text: str, separator: str, is_whole: bool) -> dict[str, object] | None:
    if not is_whole:
        text = text.rpartition("\n")[0]
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error:
        return None
    if not lines or len({len(line) for line in lines if line}) > 1:
        return None  # broken: it is shown as the text that it is
    rows = [line for line in lines[1:] if line]
    whole = is_whole and len(rows) <= ROWS_MAX
    words = f"{len(rows):,} rows × {len(lines[0])} columns" if is_whole else ""
    return {
        "kind": "table", "columns": lines[0], "rows": rows[:ROWS_MAX], "is_whole": whole,
        "about": words or f"The first {min(len(rows), ROWS_MAX):,} rows",
        "text": text if is_whole else None,
    }  # fmt: skip


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
