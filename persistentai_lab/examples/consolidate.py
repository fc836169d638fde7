"""Tidying up what was remembered: a flow like any other, to be run each night by a schedule."""

from typing import Any

import persistentai_lab as pai
from persistentai_lab.blocks import knowledge


@pai.flow
def consolidate(thread: str, predicates: list[str]) -> dict[str, Any]:
    """Close notes that say the same, and facts that newer ones contradict. No model is asked.

    Args:
        thread: Whose notes.
        predicates: Those that have one object at a time: `lives in`, `works at`, …

    Returns:
        `merged`: notes that were closed, by their ids. `settled`: facts that were, in words.
    """
    return {"merged": knowledge.merge(thread), "settled": knowledge.settle(predicates)}
