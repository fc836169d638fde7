"""Changes of a JSON value as data: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396)."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from ...errors import MemoryRefused
from ...ids import Json
from ..chain import canonical
from .fields import pointer

Operation = dict[str, Any]


def patched(value: Json, patch: Json) -> Json:
    """A value, changed by a list of operations, or by an object that is merged in.

    Raises:
        MemoryRefused: It is neither, an operation leads nowhere, or a test fails.
    """
    match patch:
        case list():
            return _applied(value, patch)
        case dict():
            return merged(value, patch)
    raise MemoryRefused(
        "A patch is a list of operations, or an object to be merged in.",
        remedy='For example [{"op": "replace", "path": "/city", "value": "Paris"}].',
    )


def _applied(value: Json, operations: Sequence[Any]) -> Json:
    from jsonpath import JSONPatch, JSONPatchError, JSONPointerError

    try:
        return JSONPatch(operations).apply(deepcopy(value))  # type: ignore[return-value, arg-type]
    except (JSONPatchError, JSONPointerError) as problem:
        raise MemoryRefused(
            f"It can't be changed so: {str(problem.args[0]).rstrip('.')}.",
            remedy="The number is that of the operation, counted from 0.",
        ) from None
    except (TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise MemoryRefused(
            f"This is no JSON Patch: {problem}.",
            remedy="Each operation is an object with `op`, `path`, and `value` or `from`.",
        ) from None


def merged(value: Json, patch: Json) -> Json:
    """A value with an object merged in: null takes a field away."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for key, item in patch.items():
        if item is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), item)
    return result


def difference(before: Json, after: Json) -> list[Operation] | None:
    """The operations that make one value of the other; None where they would not do it exactly."""
    try:
        operations = list(_operations(before, after, []))
        if canonical(_applied(before, operations)) == canonical(after):
            return operations
    except (MemoryRefused, RecursionError):
        pass
    return None


def _operations(before: Json, after: Json, at: list[str | int]) -> Iterator[Operation]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() - after.keys():
            yield {"op": "remove", "path": pointer([*at, key])}
        for key in sorted(after):
            if key in before:
                yield from _operations(before[key], after[key], [*at, key])
            else:
                yield {"op": "add", "path": pointer([*at, key]), "value": after[key]}
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, at)
    elif canonical(before) != canonical(after):
        yield {"op": "replace", "path": pointer(at), "value": after}


def _of_lists(before: list[Json], after: list[Json], at: list[str | int]) -> Iterator[Operation]:
    """What both begin with and end with stays; what lies between is changed item by item."""
    same = [canonical(item) for item in before], [canonical(item) for item in after]
    shorter = min(len(before), len(after))
    head = next((n for n in range(shorter) if same[0][n] != same[1][n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if same[0][-1 - n] != same[1][-1 - n]), rest)
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    for n, (one, other) in enumerate(zip(old, new, strict=False), head):
        yield from _operations(one, other, [*at, n])
    for n in range(len(old) - 1, len(new) - 1, -1):
        yield {"op": "remove", "path": pointer([*at, head + n])}
    for n in range(len(old), len(new)):
        yield {"op": "add", "path": pointer([*at, head + n]), "value": new[n]}
