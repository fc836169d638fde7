"""Which embedder this runtime uses: by its settings, else the one that needs no network."""

import os
from collections.abc import Mapping

from ....errors import MemoryRefused
from .minilm import MiniLM, missing
from .openai import Endpoint
from .protocol import Embedder

SETTING = "PERSISTENTAI_EMBEDDER"
"""`minilm` (the default), `none`, or the base address of an OpenAI-compatible API."""
MODEL_SETTING = "PERSISTENTAI_EMBEDDER_MODEL"
KEY_SETTING = "PERSISTENTAI_EMBEDDER_KEY_FILE"
"""A file with the key, so that no process shows it in its environment."""


def chosen(environ: Mapping[str, str] = os.environ) -> Embedder | None:
    """The embedder of the settings; None where there is none, and recall goes by words.

    Raises:
        MemoryRefused: The settings make no sense.
    """
    named = environ.get(SETTING, "minilm")
    if named == "none":
        return None
    if named == "minilm":
        return None if missing() else MiniLM()
    if not named.startswith(("http://", "https://")):
        raise MemoryRefused(
            f"{SETTING} is {named!r}.",
            remedy="Set it to `minilm`, `none`, or the address of an API: https://…/v1.",
        )
    return Endpoint(named, environ.get(MODEL_SETTING, ""), environ.get(KEY_SETTING))


def why_none(environ: Mapping[str, str] = os.environ) -> str:
    """What to tell somebody whose recall goes by words only."""
    if environ.get(SETTING) == "none":
        return f"Only words are compared: {SETTING} is `none`."
    return (
        f"Only words are compared: the package {missing() or '?'} is not installed. "
        "To recall by meaning: pip install 'persistentai-lab[knowledge]'."
    )
