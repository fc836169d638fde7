"""How people write policies on a call: `retry=3`, `rate="10/min"`, `cache="1h"`, `breaker=5`."""

import re
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import TraceError
from .duration import Duration, seconds_of
from .model import CACHE_MAX_S, Breaker, Budget, Rate, Retry

M = TypeVar("M", bound=BaseModel)

_RATE = re.compile(r"\s*(\d+)\s*/\s*(\d+(?:\.\d+)?)?\s*([a-z]+)\s*")
_PERIODS = {
    "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0,
    "h": 3_600.0, "hour": 3_600.0, "d": 86_400.0, "day": 86_400.0,
}  # fmt: skip


def retry_of(retry: int | Retry | Mapping[str, float] | None) -> Retry | None:
    """What `retry=…` says. Raises `TraceError`."""
    if isinstance(retry, int):
        retry = {"attempts": retry}
    remedy = "Write how many attempts there may be in all, or `attempts` and `backoff_s`."
    return _model(Retry, retry, "retry", remedy)


def rate_of(rate: str | Rate | Mapping[str, Any] | None) -> Rate | None:
    """What `rate=…` says. Raises `TraceError`."""
    if isinstance(rate, str):
        found = _RATE.fullmatch(rate)
        if found is None or found[3] not in _PERIODS:
            _refuse(f"{rate!r} is no rate", "Write '10/min', '2/s', '100/h', or '5/10s'.")
        rate = {"times": int(found[1]), "per_s": float(found[2] or 1) * _PERIODS[found[3]]}
    return _model(Rate, rate, "rate", "Write '10/min', or `times`, `per_s` and perhaps `key`.")


def cache_of(cache: Duration | None) -> float | None:
    """What `cache=…` says, in seconds. Raises `TraceError`."""
    if cache is None:
        return None
    try:
        seconds = seconds_of(cache)
    except ValueError as error:
        _refuse(f"`cache`: {error}", "Say for how long a result may be used again.")
    if not 0 < seconds <= CACHE_MAX_S:
        _refuse(f"A result can't be kept for {seconds:g} s", "Say a time of up to ten years.")
    return seconds


def breaker_of(breaker: int | Breaker | Mapping[str, Any] | None) -> Breaker | None:
    """What `breaker=…` says. Raises `TraceError`."""
    if isinstance(breaker, int):
        breaker = {"failures": breaker}
    remedy = "Write how many `failures`, `within_s`, for how long it stays open: `open_s`."
    return _model(Breaker, breaker, "circuit breaker", remedy)


def budget_of(budget: Budget | Mapping[str, Any] | None) -> Budget | None:
    """What `budget=…` says. Raises `TraceError`."""
    return _model(
        Budget, budget, "budget", "It has `tokens`, `money` with its `currency`, and `seconds`."
    )


def _model(kind: type[M], given: M | Mapping[str, Any] | None, name: str, remedy: str) -> M | None:
    if given is None or isinstance(given, kind):
        return given
    try:
        return kind.model_validate(dict(given))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        _refuse(f"This is no {name}: {wrong}", remedy)
    except (TypeError, ValueError):
        _refuse(f"{given!r} is no {name}", remedy)


def _refuse(message: str, remedy: str) -> NoReturn:
    __tracebackhide__ = True
    raise TraceError(f"{message}.", remedy=remedy)
