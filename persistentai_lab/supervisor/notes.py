"""What the supervisor leaves in its home: the record it writes, and the number it is told."""

import os
from pathlib import Path

from pydantic import ValidationError

from ..storage.home import Home
from .model import Record


def read(home: Home) -> Record | None:
    """What the supervisor last knew, or None if none ever ran here."""
    try:
        return Record.model_validate_json(home.supervisor_file.read_bytes())
    except (OSError, ValidationError):
        return None


def write(home: Home, record: Record) -> None:
    """Replace the record; a reader sees the old one or the new one, never half."""
    _replace(home.supervisor_file, record.model_dump_json(indent=2))


def workers(home: Home) -> int:
    """How many workers are wanted."""
    try:
        return int(_workers_file(home).read_text())
    except (OSError, ValueError):
        return 1


def want_workers(home: Home, count: int) -> None:
    """Say how many workers are wanted, now and after a restart."""
    _replace(_workers_file(home), str(count))


def _workers_file(home: Home) -> Path:
    return home.path / "workers"


def _replace(path: Path, text: str) -> None:
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(text)
    half.replace(path)
