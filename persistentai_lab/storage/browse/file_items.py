"""Files as the tree shows them, wherever they are kept."""

from datetime import datetime

from ...memory.files.model import Commit, Stat
from ..files.view import Row
from ..lakefs.tree import Row as LakeRow
from .model import Item, Version


def version_told(commit: Commit, row: Row | LakeRow | None) -> Version:
    """What a commit made of a file."""
    return Version(
        version=commit.id, at=commit.at, by=commit.caller, run=commit.run,
        what=commit.message or ("deleted" if row is None else commit.kind),
        sha256=row.sha256 if row else None, media_type=row.media_type if row else None,
        size=row.size if row else None, is_gone=row is None,
    )  # fmt: skip


def iso(at: datetime | None) -> str | None:
    """A moment as queries take it."""
    return at.isoformat() if at else None


def item(branch: str, stat: Stat) -> Item:
    """A file or a folder in the tree."""
    name = stat.path.rpartition("/")[2]
    if stat.kind == "folder":
        return Item(id=f"{branch}/{stat.path}/", name=name, kind="folder")
    return Item(
        id=f"{branch}/{stat.path}", name=name, icon=stat.media_type or "", size=stat.size,
        at=stat.at,
    )  # fmt: skip
