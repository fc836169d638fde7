"""Measurements, and what several rounds of them say."""

import statistics
from typing import NamedTuple

STEPS = 100
"""Of a run of the cases `sequence` and `fan`."""


class Found(NamedTuple):
    """One measurement."""

    round: int
    case: str
    commits: str
    at_once: int
    who: str
    took: dict[str, float]


class Cell:
    """One case in one setting, everybody's rounds side by side."""

    def __init__(self, found: list[Found], case: str, commits: str, at_once: int) -> None:
        self._at_once = at_once
        self._rounds: dict[str, dict[int, dict[str, float]]] = {}
        for one in found:
            if (one.case, one.commits, one.at_once) == (case, commits, at_once):
                self._rounds.setdefault(one.who, {})[one.round] = one.took

    def __contains__(self, who: str) -> bool:
        return who in self._rounds

    def rate(self, who: str, key: str = "wall_ms") -> float:
        """Steps a second, in the middle of the rounds."""
        return statistics.median(
            STEPS * self._at_once / took[key] * 1e3 for took in self._rounds[who].values()
        )

    def cpu(self, who: str) -> float:
        """CPU-ms a step."""
        return self.middle(who, "cpu_ms") / STEPS / self._at_once

    def middle(self, who: str, key: str) -> float:
        return statistics.median(took[key] for took in self._rounds[who].values())

    def times(self, who: str) -> float:
        """Our rate over theirs of the same round, in the middle of the rounds."""
        ours, theirs = self._rounds["ours"], self._rounds[who]
        both = ours.keys() & theirs.keys()
        return statistics.median(theirs[n]["wall_ms"] / ours[n]["wall_ms"] for n in both)
