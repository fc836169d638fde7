"""What a reader makes of a document, before it is cut."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, a cell, a function: what its author put together."""

    text: str
    unit: str
    """What places are counted in: `line`, `page`, `cell`, `paragraph`."""
    first: int
    last: int
    heading: str = ""
    """Under which it stands, from the top: `Safety › Fire`."""


def place(unit: str, first: int, last: int, heading: str = "") -> str:
    """As it is cited: `lines 3–9 · Safety › Fire`."""
    where = f"{unit} {first}" if first == last else f"{unit}s {first}–{last}"
    return f"{where} · {heading}"[:400] if heading else where


class Headings:
    """Where one is in an outline."""

    def __init__(self) -> None:
        self._path: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> None:
        """A heading begins; deeper ones before it have ended."""
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, " ".join(title.split())[:120]))

    def __str__(self) -> str:
        return " › ".join(title for _, title in self._path if title)
