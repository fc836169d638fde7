"""The policies of a node in words, for whoever looks at it."""

from collections.abc import Iterator

from .model import Budget, Policy

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def told_policies(policy: Policy | None) -> Iterator[str]:
    """A line for each."""
    if policy is None:
        return
    if policy.retry is not None and policy.retry.attempts > 1:
        yield f"Tried {policy.retry.attempts} times at most"
    if policy.timeout_s is not None:
        yield f"Each attempt may take {told_time(policy.timeout_s)}"
    if policy.approval is not None:
        yield f"Runs when {' or '.join(policy.approval.by) or 'a person'} has approved it"
    if (rate := policy.rate) is not None:
        shared = f", with all of “{rate.key}”" if rate.key else ""
        yield f"Starts {_times(rate.times)} in {told_time(rate.per_s)} at most{shared}"
    if policy.cache_s is not None:
        yield f"A result is used again for {told_time(policy.cache_s)}"
    if (breaker := policy.breaker) is not None:
        shared = f" of “{breaker.key}”" if breaker.key else ""
        failures = "1 failure" if breaker.failures == 1 else f"{breaker.failures} failures"
        yield (
            f"Not called for {told_time(breaker.open_s)} after {failures}{shared} "
            f"within {told_time(breaker.within_s)}"
        )
    if policy.budget is not None:
        yield f"Asks a person before it spends more than {told_budget(policy.budget)}"


def told_budget(budget: Budget) -> str:
    """What may be spent."""
    parts = []
    if budget.tokens is not None:
        parts.append(f"{budget.tokens:,} tokens")
    if budget.money is not None:
        parts.append(f"{budget.money:,.2f} {budget.currency}")
    if budget.seconds is not None:
        parts.append(f"{told_time(budget.seconds)} of work")
    return " or ".join(parts) or "nothing"


def told_time(seconds: float) -> str:
    """A time in its largest whole unit."""
    for size, name in _UNITS:
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count:,} {name}{'s' if count > 1 else ''}"
    return f"{seconds:g} seconds"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
