"""What is recorded of a `write` that nobody can tell the outcome of."""

from ...events import model as events

IN_DOUBT = events.ErrorInfo(
    code="write_in_doubt",
    message="It was cut off while it was changing the world: it may have happened, or not.",
    remedy="Look there, should it matter; nothing of this run needs it any more.",
)
"""As the run ends; until then a person may tell (see `AskingStep`)."""
