"""The library that checks values against JSON Schemas, imported in a fraction of its time."""

import sys
from functools import lru_cache
from typing import Any

_GRAMMARS = "rfc3987_syntax"
"""Comes with Jupyter. For the format `iri` it builds grammars when it is imported, which takes two
seconds of a processor: the first run of a gateway, and each run from a terminal, waited for it."""


@lru_cache(maxsize=1)
def jsonschema() -> Any:
    """The library, without those grammars: what is said to be an `iri` is any text."""
    is_known = _GRAMMARS in sys.modules
    if not is_known:
        # An import of it fails, as if it were not installed.
        sys.modules[_GRAMMARS] = None  # type: ignore[assignment]
    try:
        import jsonschema as library
        import jsonschema.exceptions
    finally:
        if not is_known:
            del sys.modules[_GRAMMARS]
    return library
