"""What a file is, by its name."""

import mimetypes
from typing import Final

OCTETS: Final = "application/octet-stream"
_BY_ENDING: Final = {
    "arrow": "application/vnd.apache.arrow.file",
    "csv": "text/csv",
    "ipynb": "application/x-ipynb+json",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "md": "text/markdown",
    "npy": "application/x-npy",
    "parquet": "application/vnd.apache.parquet",
    "py": "text/x-python",
    "tsv": "text/tab-separated-values",
    "toml": "application/toml",
    "txt": "text/plain",
    "yaml": "application/yaml",
    "yml": "application/yaml",
}
"""What machines call differently, or not at all."""
_KNOWN: Final = dict(mimetypes.types_map)
"""Python's own table. `guess_type` would read the machine's, which a sandbox keeps closed."""


def media_type_of(path: str) -> str:
    """The media type for a file of this name; `application/octet-stream` when it tells nothing."""
    ending = path.rpartition("/")[2].rpartition(".")[2].lower()
    return _BY_ENDING.get(ending) or _KNOWN.get(f".{ending}") or OCTETS
