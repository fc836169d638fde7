"""How long to wait before something that died is started again."""

from dataclasses import dataclass

WELL_AFTER_S = 2.0
"""Short on purpose: what keeps dying at its start is held back, what was killed at work is not."""
FIRST_S = 0.5
LONGEST_S = 30.0


@dataclass
class Backoff:
    """At once the first time, then half a second, doubling; forgiven when it was well for long."""

    deaths: int = 0
    """In a row, without having been well in between."""

    def after_death(self, well_s: float) -> float:
        """How long to wait now, given how long it was well before it died."""
        if well_s >= WELL_AFTER_S:
            self.deaths = 0
        self.deaths += 1
        if self.deaths == 1:
            return 0.0
        doublings = min(self.deaths - 2, 16)
        return min(LONGEST_S, FIRST_S * (1 << doublings))
