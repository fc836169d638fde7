"""Patterns of paths: `*` and `?` within a name, `**` across folders, `[abc]` one of these."""

import re
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, ready to be held against paths."""

    folder: str
    """What all that fits lies below, with its slash; empty for anywhere."""
    _compiled: re.Pattern[str]

    @classmethod
    def of(cls, pattern: str) -> Self:
        """Of its text; `x/**` is all below `x`, `**/*.py` also what lies in the root."""
        fixed = re.match(r"[^*?\[]*/", pattern)
        return cls(fixed[0] if fixed else "", re.compile(_regex(pattern)))

    def fits(self, path: str) -> bool:
        """Whether a path fits whole."""
        return self._compiled.fullmatch(path) is not None


_PARTS = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]]+\]|.", re.DOTALL)


def _regex(pattern: str) -> str:
    return "".join(map(_part, _PARTS.findall(pattern)))


def _part(part: str) -> str:
    match part:
        case "**/":
            return "(?:[^/]+/)*"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
    if len(part) > 2 and part.startswith("["):
        inside = part[1:-1]
        negated = inside.startswith("!")
        chosen = re.escape(inside[negated:]).replace(r"\-", "-")
        return f"[{'^' if negated else ''}{chosen}]"
    return re.escape(part)
