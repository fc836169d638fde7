"""Small drawings for states and effects: the same shapes as in the panels, whatever the font.

Each is drawn in a field of 16 × 16, as lines in one colour.
"""

from typing import Final

from ..flow.signature import Effect

_RING: Final = "M13.25 8A5.25 5.25 0 1 1 2.75 8A5.25 5.25 0 0 1 13.25 8Z"

STATES: Final = {
    "queued": _RING,
    "running": "M8 2.75A5.25 5.25 0 0 1 13.25 8",
    "waiting": (
        "M10.4 5A2.4 2.4 0 1 1 5.6 5A2.4 2.4 0 0 1 10.4 5Z"
        "M3.2 13.4c.5-2.9 2.4-4.2 4.8-4.2s4.3 1.3 4.8 4.2"
    ),
    "paused": "M5.5 3.5v9M10.5 3.5v9",
    "completed": "M3 8.6l3.3 3.3L13 4.8",
    "reused": (
        "M6.6 9.4l2.8-2.8M7.4 4.9l1-1a2.6 2.6 0 0 1 3.7 3.7l-1 1"
        "M8.6 11.1l-1 1a2.6 2.6 0 0 1-3.7-3.7l1-1"
    ),
    "failed": "M4 4l8 8M12 4l-8 8",
    "timed_out": f"{_RING}M8 5v3.2l2 1.6",
    "skipped": "M3.5 8h9",
    "cancelled": "M4.5 3.5h7a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z",
}
UNDER: Final = {"running": _RING}
"""What stands faintly behind a state: the way that its ring still has to go."""

EFFECTS: Final = {
    Effect.READ: (
        "M1.8 8c1.7-2.8 3.8-4.1 6.2-4.1s4.5 1.3 6.2 4.1c-1.7 2.8-3.8 4.1-6.2 4.1S3.5 10.8 1.8 8z"
        "M9.8 8A1.8 1.8 0 1 1 6.2 8A1.8 1.8 0 0 1 9.8 8Z"
    ),
    Effect.STORE: (
        "M3 4.2c0-2.4 10-2.4 10 0v7.6c0 2.4-10 2.4-10 0z"
        "M3 4.2c0 2.4 10 2.4 10 0M3 8c0 2.4 10 2.4 10 0"
    ),
    Effect.WRITE: "M9.2 1.8L3.6 9h3.8l-.6 5.2L12.4 7H8.6z",
    Effect.HUMAN: STATES["waiting"],
}
