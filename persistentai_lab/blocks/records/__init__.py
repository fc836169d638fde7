"""Records: values by key and JSON documents, which outlive a run."""

from .append import append
from .delete import delete
from .delete_document import delete_document
from .expire import expire
from .find import find
from .get import get
from .get_document import get_document
from .incr import incr
from .keys import keys
from .patch_document import patch_document
from .put import put
from .put_document import put_document
from .restore_document import restore_document
from .revisions import revisions
from .sql import sql
from .to_table import to_table

__all__ = [
    "append",
    "delete",
    "delete_document",
    "expire",
    "find",
    "get",
    "get_document",
    "incr",
    "keys",
    "patch_document",
    "put",
    "put_document",
    "restore_document",
    "revisions",
    "sql",
    "to_table",
]
