"""How long to wait before something that died is started again."""

from dataclasses import dataclass

HEALTHY_AFTER_S = 60.0
FIRST_S = 0.5
LONGEST_S = 30.0


@dataclass
class Backoff:
    """At once the first time, then half a second, doubling; forgiven after a minute of life."""

    deaths: int = 0
    """In a row, without a healthy minute in between."""

    def after_death(self, lived_s: float) -> float:
        """How long to wait now, given how long it lived."""
        if lived_s >= HEALTHY_AFTER_S:
            self.deaths = 0
        self.deaths += 1
        if self.deaths == 1:
            return 0.0
        doublings = min(self.deaths - 2, 16)
        return min(LONGEST_S, FIRST_S * (1 << doublings))
