"""`pai.progress`: a loop that says how far it is, inside a run to the run, elsewhere by tqdm."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

SayProgress = Callable[[float, float | None], None]
"""How far, of how much."""

EVERY_S = 0.1
"""Nobody sees more than ten steps a second; the last one is always said."""

_say: ContextVar[SayProgress | None] = ContextVar("say_progress", default=None)


@contextmanager
def reporting(say: SayProgress) -> Iterator[None]:
    """While this holds, loops of this body say how far they are by `say`."""
    token = _say.set(say)
    try:
        yield
    finally:
        _say.reset(token)


def progress(
    rows: Iterable[T],
    desc: str | None = None,
    *,
    total: float | None = None,
    unit: str = "it",
    disable: bool | None = None,
) -> Iterable[T]:
    """Loop over something and show how far it is: `for row in pai.progress(rows):`.

    In a block that a run executes, the run is told: its cell, the panel and the terminal show it.
    Anywhere else this is plain tqdm.

    Args:
        rows: What to loop over.
        desc: What is done; shown by tqdm only.
        total: How many there are, if `rows` cannot say.
        unit: What is counted; shown by tqdm only.
        disable: Show nothing; left out, tqdm shows nothing if `TQDM_DISABLE` is set.
    """
    say = _say.get()
    if say is not None:
        return rows if disable else _told(rows, _total(rows, total), say)
    from tqdm.auto import tqdm

    given = {} if disable is None else {"disable": disable}
    bar: Iterable[T] = tqdm(rows, desc=desc, total=total, unit=unit, **given)
    return bar


def _total(rows: Iterable[T], total: float | None) -> float | None:
    if total is not None:
        return total
    try:
        return len(rows)  # type: ignore[arg-type]  # whatever has no length, has none
    except TypeError:
        return None


def _told(rows: Iterable[T], total: float | None, say: SayProgress) -> Iterator[T]:
    done, said_at, said = 0, time.monotonic(), -1
    say(0, total)
    for row in rows:
        yield row
        done += 1
        if (now := time.monotonic()) - said_at >= EVERY_S:
            said_at, said = now, done
            say(done, total)
    if said != done:
        say(done, total if total is not None else done)
