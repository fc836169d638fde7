"""Knowledge: facts with their times and sources, and text found by words and meaning."""

from .add_fact import add_fact
from .chunk import chunk
from .close_fact import close_fact
from .context import context
from .embed import embed
from .facts import facts
from .forget import forget
from .ingest import ingest
from .ingest_file import ingest_file
from .merge import merge
from .neighbours import neighbours
from .recall import recall
from .remember import remember
from .settle import settle
from .similarity import similarity

__all__ = [
    "add_fact",
    "chunk",
    "close_fact",
    "context",
    "embed",
    "facts",
    "forget",
    "ingest",
    "ingest_file",
    "merge",
    "neighbours",
    "recall",
    "remember",
    "settle",
    "similarity",
]
