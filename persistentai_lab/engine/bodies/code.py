"""A person's own code, as a worker gets it: its text, the Python it is for, whether to trust it."""

from dataclasses import dataclass
from typing import Self

from ...flow.environment import Environment
from ...ids import Json


@dataclass(frozen=True, slots=True)
class Code:
    """One unit of code (`flow.signature.code_unit`)."""

    source: str
    environment: Environment | None = None
    """None: the worker's own."""
    is_trusted: bool = False
    """Whether it belongs to whom the runtime belongs to; anybody else's is run in a sandbox."""
    caller: str = ""
    """Who has it run: no two people share a sandbox."""

    @classmethod
    def from_row(
        cls, source: str, environment: dict[str, Json] | None, is_trusted: bool = False
    ) -> Self:
        """As it is kept."""
        given = None if environment is None else Environment.model_validate(environment)
        return cls(source, given, is_trusted)
