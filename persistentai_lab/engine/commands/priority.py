"""How urgent a run is, as people say it: a word, or a number from 1 (first) to 1000."""

from ...errors import LabError
from ..claim import PRIORITY

WORDS = {"high": 10, "normal": PRIORITY, "low": 1000}
LAST = 1000


class PriorityInvalid(LabError):
    """A priority that is none."""

    code = "priority_invalid"
    http_status = 422

    def __init__(self, wish: object) -> None:
        super().__init__(
            f"{wish!r} is no priority.",
            remedy="Say high, normal or low, or a number from 1 (goes first) to 1000.",
        )


def priority_of(wish: str | int | None) -> int:
    """The number that a wish stands for; nothing said is normal. Raises `PriorityInvalid`."""
    if wish is None:
        return PRIORITY
    if isinstance(wish, str):
        number = WORDS.get(wish) or (int(wish) if wish.isascii() and wish.isdigit() else 0)
    else:
        number = 0 if isinstance(wish, bool) else wish
    if not 1 <= number <= LAST:
        raise PriorityInvalid(wish)
    return number
