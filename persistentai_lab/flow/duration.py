"""How people say for how long: seconds, a `timedelta`, or `"20m"`, `"8h"`, `"3d"`."""

import math
import re
from datetime import timedelta

Duration = float | timedelta | str

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_TEXT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*")


def seconds_of(duration: Duration) -> float:
    """A duration in seconds. Raises `ValueError`, which says what durations look like."""
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if isinstance(duration, str):
        found = _TEXT.fullmatch(duration)
        if found is None:
            raise ValueError(f"{duration!r} is no duration; write '30s', '20m', '8h', '3d' or '2w'")
        return float(found[1]) * _SECONDS[found[2]]
    if isinstance(duration, bool) or not isinstance(duration, int | float):
        raise ValueError(f"{duration!r} is no duration; write seconds, or '20m', '8h', '3d'")
    if not math.isfinite(duration):
        raise ValueError(f"{duration!r} is no duration; leave it out for ever")
    return float(duration)
