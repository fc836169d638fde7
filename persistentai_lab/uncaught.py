"""What becomes of an error of ours that nobody catches: what is wrong and what to do, no stack.

IPython asks the error itself (`_render_traceback_`). In a script Python asks
`sys.excepthook`, which is ours from the first such error on, and hands on all that is not ours.
"""

import os
import sys
from collections.abc import Iterator
from traceback import FrameSummary, extract_tb
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import Task

DEBUG = "PERSISTENTAI_DEBUG"
"""Set in the environment, it brings back the whole stack."""
_OURS = os.path.dirname(__file__) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_STDLIB = os.path.dirname(os.__file__) + os.sep

_before = sys.__excepthook__


def wants_stack() -> bool:
    """Whether somebody asked to see everything."""
    return bool(os.environ.get(DEBUG))


def short_form(error: BaseException) -> list[str]:
    """The lines that a person sees, below the sentence that says what is wrong."""
    return [*_body_lines(error), *_own_line(error), *_remedy(error)]


def speak_plainly() -> None:
    """Have uncaught errors of ours told in short from now on."""
    global _before
    if sys.excepthook is not _told:
        _before, sys.excepthook = sys.excepthook, _told


def tell_of(task: "Task[Any]") -> "Task[Any]":
    """Have it logged when a task fails that nobody waits for. Returns it."""
    task.add_done_callback(_log_failure)
    return task


def _log_failure(task: "Task[Any]") -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        import logging

        log = logging.getLogger(__name__)
        log.error("%s ended, and should not have", task.get_name(), exc_info=error)


def say_instead(error: BaseException, line: str) -> None:
    """Have an error that is not of our making told in one line, if nobody catches it."""
    speak_plainly()
    error.__dict__.update(_told_=line, _render_traceback_=lambda: [line])


def _told(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    said = getattr(error, "_told_", None)
    if said is None and isinstance(error, KeyboardInterrupt):  # by way of `asyncio.run`
        said = getattr(error.__context__, "_told_", None)
    if said is None or wants_stack():
        _before(kind, error, traceback)
        return
    lines = said() if callable(said) else [str(said)]
    print(*lines, sep="\n", file=sys.stderr)  # noqa: T201 - as Python's own hook does


def _own_line(error: BaseException) -> Iterator[str]:
    """Where it happened, in the person's own file or cell."""
    own = [frame for frame in extract_tb(error.__traceback__) if _is_a_persons(frame)]
    if own and own[-1].line:
        name, frame = os.path.basename(own[-1].filename), own[-1]
        place = f"{name}, line {frame.lineno}" if os.path.isfile(frame.filename) else ""
        yield f"  in {place or f'line {frame.lineno}'}: {frame.line}"


def _is_a_persons(frame: FrameSummary) -> bool:
    name = frame.filename
    is_installed = name.startswith(_STDLIB) or any(place in name for place in _INSTALLED)
    return not (name.startswith((_OURS, "<frozen")) or is_installed)


def _body_lines(error: BaseException) -> Iterator[str]:
    """Lines of the person's own code that ran elsewhere, in a worker."""
    for line in str(getattr(error, "traceback", None) or "").rstrip().splitlines():
        yield f"  {line}"


def _remedy(error: BaseException) -> Iterator[str]:
    remedy = getattr(error, "remedy", "")
    if remedy:
        yield f"  → {remedy}"
