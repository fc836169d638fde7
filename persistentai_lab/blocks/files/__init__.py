"""Files of the workspace, in branches of versions: what is written is committed with its step."""

from .branch import branch
from .delete import delete
from .diff import diff
from .list import list
from .log import log
from .merge import merge
from .move import move
from .read_bytes import read_bytes
from .read_json import read_json
from .read_table import read_table
from .read_text import read_text
from .restore import restore
from .tag import tag
from .write_bytes import write_bytes
from .write_json import write_json
from .write_table import write_table
from .write_text import write_text

__all__ = [
    "branch",
    "delete",
    "diff",
    "list",
    "log",
    "merge",
    "move",
    "read_bytes",
    "read_json",
    "read_table",
    "read_text",
    "restore",
    "tag",
    "write_bytes",
    "write_json",
    "write_table",
    "write_text",
]
