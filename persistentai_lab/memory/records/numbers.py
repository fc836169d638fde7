"""Numbers as Postgres keeps them in `jsonb`."""

from ...ids import Json


def settled(value: Json) -> Json:
    """The value as it will be read again: `1e+22` is a whole number, and zero has no sign.

    Postgres writes numbers out in full. What is hashed must not change by being kept.
    """
    if isinstance(value, float):
        if value == 0:
            return 0.0
        return int(value) if abs(value) >= 1e16 else value
    if isinstance(value, list):
        return [settled(item) for item in value]
    if isinstance(value, dict):
        return {key: settled(item) for key, item in value.items()}
    return value
