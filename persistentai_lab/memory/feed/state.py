"""The state of a feed: what its deltas, JSON Patches in their order, make of an empty object."""

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...errors import BadPatch
from ...ids import Json

DELTAS = 32
"""A snapshot is made after so many deltas at the earliest …"""
DELTAS_MAX = 1_000
"""… and after so many in any case; between the two, when they weigh a quarter of the state."""


@dataclass(slots=True)
class Folded:
    """A state on its way, and what it took to get there since the last snapshot."""

    state: Any = field(default_factory=dict)
    seq: int = 0
    skipped: list[int] = field(default_factory=list)
    deltas: int = 0
    size: int = 0
    """Characters of the deltas."""

    def add(self, seq: int, patch: Json, size: int) -> None:
        """Apply a delta. Raises `BadPatch`, and is of no more use then."""
        self.state = patched(self.state, patch)
        self._counted(seq, size)

    def add_kept(self, deltas: Iterable[tuple[int, str | None]]) -> None:
        """Apply deltas as they are kept: position, and text if it was not erased.

        Each fitted when it was appended. Only where one before it was erased may it not fit any
        more; it is skipped then, whole.
        """
        for seq, text in deltas:
            if text is None:
                self.skipped.append(seq)
                self._counted(seq, 0)
                continue
            patch = json.loads(text)
            try:
                self.state = patched(
                    copy.deepcopy(self.state) if self.skipped else self.state, patch
                )
            except BadPatch:
                self.skipped.append(seq)
            self._counted(seq, len(text))

    def _counted(self, seq: int, size: int) -> None:
        self.seq = seq
        self.deltas += 1
        self.size += size

    def snapshot_of(self) -> str | None:
        """The state's text when a snapshot is due; begins to count anew then."""
        if self.deltas < DELTAS:
            return None
        text = json.dumps(self.state, ensure_ascii=False, separators=(",", ":"))
        if self.deltas < DELTAS_MAX and self.size < len(text) // 4:
            return None
        self.deltas = self.size = 0
        return text


def patched(state: Any, patch: Json) -> Any:
    """The state after a patch; it may be the same object, changed. Raises `BadPatch`."""
    from jsonpatch import JsonPatch, JsonPatchException
    from jsonpointer import JsonPointerException

    if not isinstance(patch, list):
        raise BadPatch(
            "A patch is a list of operations.",
            remedy='For example `[{"op": "add", "path": "/name", "value": "Ada"}]`.',
        )
    operation: Any
    for number, operation in enumerate(patch):
        try:
            state = JsonPatch([operation]).apply(state, in_place=True)
        except (JsonPatchException, JsonPointerException, TypeError, RecursionError) as error:
            raise BadPatch(
                f"Operation {number} of the patch ({_told(operation)}) can't be done: {error}.",
                remedy="None of the patch was applied. Read the state again: it may have changed.",
            ) from None
    return state


def _told(operation: Any) -> str:
    if not isinstance(operation, dict):
        return repr(operation)[:80]
    return f"{operation.get('op')} {str(operation.get('path'))[:200]!r}"
