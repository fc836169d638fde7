"""What is spent: tokens, money in whole millionths so that sums are exact, seconds in bodies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any

from ...errors import NodeError

MICROS = 1_000_000
MOST = 10**15


@dataclass(frozen=True, slots=True)
class Spent:
    """One thing that a body says it has spent."""

    tokens: int = 0
    micros: int = 0
    """Millionths of the currency."""
    currency: str = ""

    @classmethod
    def read(cls, tokens: object, micros: object, currency: object) -> "Spent | None":
        """As it comes from a child, which may say anything; None if it is nothing."""
        is_sum = all(isinstance(it, int) and 0 <= it <= MOST for it in (tokens, micros))
        if not is_sum or not isinstance(currency, str) or not (is_code(currency) or not currency):
            return None
        return cls(int(tokens), int(micros), currency)  # type: ignore[call-overload]


def spent_of(tokens: object, money: Decimal | float | str | None, currency: str) -> Spent:
    """What `ctx.spend` was told. Raises `NodeError`."""
    micros = 0
    if money is not None:
        try:
            micros = micros_of(money)
        except (InvalidOperation, ValueError, OverflowError):
            micros = -1
    if isinstance(tokens, bool) or not isinstance(tokens, int) or not 0 <= tokens <= MOST:
        raise NodeError(f"{tokens!r} is no number of tokens.", remedy="Pass whole tokens.")
    if not 0 <= micros <= MOST:
        raise NodeError(
            f"{money!r} is no sum of money.", remedy="Pass a Decimal, and no less than nothing."
        )
    if money is not None and not is_code(currency):
        raise NodeError(f"{currency!r} is no currency.", remedy="Use three letters, as 'USD'.")
    return Spent(tokens, micros, currency if money is not None else "")


def is_code(currency: str) -> bool:
    """Whether it could be a currency."""
    return len(currency) == 3 and currency.isascii() and currency.isupper()


def micros_of(money: Decimal | float | str) -> int:
    """Millionths, begun ones counted whole."""
    return int((Decimal(str(money)) * MICROS).to_integral_value(rounding=ROUND_UP))


@dataclass(slots=True)
class Sum:
    """What was spent in all."""

    tokens: int = 0
    micros: dict[str, int] = field(default_factory=dict)
    """By currency."""
    seconds: float = 0.0

    def add(self, spent: Spent) -> None:
        """One thing more."""
        self.tokens += spent.tokens
        if spent.micros:
            self.micros[spent.currency] = self.micros.get(spent.currency, 0) + spent.micros

    def add_recorded(self, cost: Mapping[str, Any] | None, seconds: float) -> None:
        """What a step's record says."""
        self.seconds += seconds
        for currency, micros in ((cost or {}).get("micros") or {}).items():
            self.micros[currency] = self.micros.get(currency, 0) + int(micros)
        self.tokens += int((cost or {}).get("tokens") or 0)

    @property
    def record(self) -> str | None:
        """As a step's record has it; None when nothing was."""
        if not (self.tokens or self.micros):
            return None
        return json.dumps({"tokens": self.tokens, "micros": self.micros})
