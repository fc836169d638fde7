"""What a question says besides its words: whom it names, and when.

Nothing here knows a language's grammar: a name is a word that somebody in the scope goes by, a time
is a date as English writes it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WORDS_MAX = 60
"""Of a question, that are looked at as names."""
TOLD_LATER = timedelta(days=10)
"""People tell of a day on it, or soon after."""
_WORD = re.compile(r"\w+")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_ISO = re.compile(r"\b(\d{4})-(\d\d)(?:-(\d\d))?\b")
_SPOKEN = re.compile(
    r"\b(?:(?P<first>\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?)?"
    rf"(?P<month>{'|'.join(_MONTHS)})\b"
    r"(?:\s+(?P<second>\d{1,2})(?:st|nd|rd|th)?\b(?!\d))?(?:,?\s+(?P<year>\d{4})\b)?",
    re.IGNORECASE,
)
_BEFORE_MONTH = re.compile(
    r"\b(?:in|of|on|during|since|early|late|mid|until|last|this)[\s-]+$", re.I
)


@dataclass(frozen=True, slots=True)
class Span:
    """A day or a month; of any year, where none is said."""

    month: int
    day: int | None = None
    year: int | None = None

    def holds(self, at: datetime) -> bool:
        """Whether what was said then may tell of it."""
        for year in (self.year,) if self.year else (at.year, at.year - 1):
            try:
                begin = datetime(year, self.month, self.day or 1, tzinfo=at.tzinfo)
            except ValueError:  # 30 February
                continue
            length = timedelta(days=1 if self.day else 31)
            if begin <= at < begin + length + TOLD_LATER:
                return True
        return False


def words_of(text: str) -> list[str]:
    """Words that may be names, folded."""
    return list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))[:WORDS_MAX]


def in_first_person(text: str, name: str) -> str:
    """The question as who is named in it would put it: their own words are nearer to it so."""
    named = re.compile(rf"\b{re.escape(name)}(['’]s)?(?!\w)", re.IGNORECASE)
    return named.sub(lambda found: "my" if found[1] else "I", text)


def spans_in(text: str) -> Sequence[Span]:
    """The days and months that a question names."""
    spans = [
        Span(int(month), int(day) if day else None, int(year))
        for year, month, day in _ISO.findall(text)
        if 1 <= int(month) <= 12
    ]
    for found in _SPOKEN.finditer(text):
        day = found["first"] or found["second"]
        told = found["year"] or _BEFORE_MONTH.search(text[: found.start()])
        # `may` and `march` are verbs too.
        if day or (told and found["month"][0].isupper()):
            month = _MONTHS.index(found["month"].lower()) + 1
            spans.append(Span(month, int(day) if day else None, _int(found["year"])))
    return spans


def _int(text: str | None) -> int | None:
    return int(text) if text else None
