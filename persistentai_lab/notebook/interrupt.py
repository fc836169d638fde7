"""Ctrl-C while waiting for a run: one line instead of our stack, and the run goes on."""

from asyncio import CancelledError

from ..uncaught import say_instead


def goes_on(interrupt: KeyboardInterrupt | CancelledError, run_id: str) -> None:
    """Have the interrupt say so, in a cell and in a script, if nobody catches it."""
    say_instead(
        interrupt,
        f"■ No longer waiting; run {run_id} goes on. "
        f"pai.Run({run_id!r}).result() waits again, .cancel() stops it.",
    )
