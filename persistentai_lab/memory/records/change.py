"""What a command makes of the value under a key: for storage, and for bodies that read their own.

Both ask this, so that a body sees what its step will have written.
"""

from dataclasses import dataclass, replace

from ...errors import MemoryRefused, OutOfBounds, WriteConflict
from ...ids import Json
from .asks import AppendRecord, DeleteRecord, ExpireRecord, IncrRecord, KeyCommand, PutRecord


@dataclass(frozen=True, slots=True)
class Cell:
    """What is under a key."""

    revision: int = 0
    """Counts on when the value was gone meanwhile."""
    is_there: bool = False
    value: Json = None
    ttl: float | None = None
    """Set when the time it is kept begins anew; None: for ever."""
    keeps_time: bool = False
    """Its time goes on as it was."""


def changed(cell: Cell, command: KeyCommand) -> tuple[Cell, Json]:
    """What it will be, and the version that a receipt tells.

    Raises:
        WriteConflict: Another revision was expected.
        MemoryRefused: What is there is no number.
        OutOfBounds: The number would leave its bounds.
    """
    revision = cell.revision + 1
    match command:
        case PutRecord():
            expect(command.key, cell.revision if cell.is_there else 0, command.expected)
            return Cell(revision, True, command.value, command.ttl), revision
        case AppendRecord():
            there = cell.value if isinstance(cell.value, list) else [cell.value]
            items = [*there, command.item] if cell.is_there else [command.item]
            return Cell(revision, True, items, keeps_time=cell.is_there), revision
        case IncrRecord():
            number = _sum(cell, command)
            time = {"keeps_time": True} if cell.is_there else {"ttl": command.ttl}
            return Cell(revision, True, number, **time), number
        case ExpireRecord():
            if not cell.is_there:
                return cell, None
            return replace(cell, revision=revision, ttl=command.ttl), revision
        case DeleteRecord():
            expect(command.key, cell.revision if cell.is_there else 0, command.expected)
            if not cell.is_there:
                return cell, None
            return Cell(revision), revision
    raise AssertionError(f"{command.op} changes no key")


def expect(name: str, current: int, expected: int | None) -> None:
    """Raise `WriteConflict` unless the revision is the expected one."""
    if expected is None or expected == current:
        return
    there = f"at revision {current}" if current else "not there"
    wanted = f"revision {expected} was expected" if expected else "it was expected not to be"
    raise WriteConflict(
        f"{name!r} is {there}, and {wanted}: somebody else has written meanwhile.",
        remedy=f"Read it anew, and write onto that (`expected={current}`).",
    )


def _sum(cell: Cell, command: IncrRecord) -> int | float:
    before = cell.value if cell.is_there else 0
    if isinstance(before, bool) or not isinstance(before, int | float):
        raise MemoryRefused(
            f"{command.key!r} holds no number, so it can't be counted up.",
            remedy="Use another key, or put a number there first.",
        )
    try:
        number = before + command.by
    except OverflowError:
        number = float("inf")
    low, high = command.at_least, command.at_most
    if abs(number) == float("inf") or (low is not None and number < low) or (
        high is not None and number > high
    ):  # fmt: skip
        bounds = f"{'-∞' if low is None else low} to {'∞' if high is None else high}"
        raise OutOfBounds(
            f"{command.key!r} is {before}; {command.by:+} would take it out of {bounds}.",
            remedy="Nothing was changed. Wait until it has room, or ask for less.",
        )
    return number
