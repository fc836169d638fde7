"""The two events that every step tells, as JSON without a detour by their models.

The models are the contract: `tests/events/test_quick.py` holds these against them.
"""

import json
from collections.abc import Iterable
from functools import lru_cache

from .model import NodeStarted

Text = str
"""JSON."""


@lru_cache(maxsize=4096)
def started(block: str, worker: str) -> Text:
    """Of `NodeStarted`."""
    return NodeStarted(block=block, worker=worker).model_dump_json()


def completed(duration_s: float, outputs: Iterable[tuple[str, Text]]) -> Text:
    """Of `NodeCompleted`, its outputs given by name, each as JSON."""
    infos = ",".join([f"{quoted(name)}:{info}" for name, info in outputs])
    return f'{{"type":"node.completed","duration_s":{duration_s!r},"outputs":{{{infos}}}}}'


def small_value(media_type: str, size: int, text: Text) -> Text:
    """Of the `ValueInfo` of a value that is shown whole: strict JSON without escapes."""
    return (
        f'{{"media_type":{quoted(media_type)},"size":{size},"sha256":null,'
        f'"preview":{text},"about":null,"head":null,"expired_at":null}}'
    )


@lru_cache(maxsize=4096)
def quoted(name: str) -> Text:
    """A name as JSON."""
    return json.dumps(name)
