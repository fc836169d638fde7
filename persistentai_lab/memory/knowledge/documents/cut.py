"""Parts joined and split into pieces of 200–300 tokens that overlap by a sentence."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from ..asks import Piece
from ..tokens import tokens_of
from .part import Part, place

AIM = 250
"""Tokens of a piece: what the embedder reads whole, and a person at a glance."""
OVERLAP = 40
"""Tokens, at most, of the piece before that begin the next: a sentence, so that `it` has a noun."""
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_CLEAN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def cut(parts: Iterable[Part]) -> list[Piece]:
    """Pieces in order. What stands under different headings is never in one."""
    pieces: list[Piece] = []
    for _, section in groupby(parts, key=lambda part: (part.heading, part.unit)):
        pieces += _section([small for part in section for small in _small(part)])
    return pieces


def _section(parts: Sequence[Part]) -> Iterator[Piece]:
    gathered: list[Part] = []
    size, lead = 0, ""
    for part in parts:
        tokens = tokens_of(part.text)
        if gathered and size + tokens > AIM:
            yield _piece(gathered, lead)
            lead = _last_sentence(gathered[-1].text)
            gathered, size = [], tokens_of(lead)
        gathered.append(part)
        size += tokens
    if gathered:
        yield _piece(gathered, lead)


def _piece(parts: Sequence[Part], lead: str) -> Piece:
    first, last = parts[0], parts[-1]
    join = "\n" if first.unit in ("line", "cell") else "\n\n"
    text = join.join(part.text for part in parts)
    head = [line for line in (first.heading, lead) if line]
    where = place(first.unit, first.first, last.last, first.heading)
    return Piece(text="\n".join([*head, text]), place=where)


def _small(part: Part) -> Iterator[Part]:
    """A part that is too long, in sentences or lines; what is longer still, by force."""
    text = _CLEAN.sub(" ", part.text).strip()
    if not text:
        return
    if tokens_of(text) <= AIM:
        yield Part(text, part.unit, part.first, part.last, part.heading)
        return
    by_line = part.unit == "line" and part.last > part.first
    at = part.first
    for sentence in text.splitlines() if by_line else _SENTENCE.split(text):
        for piece in _forced(sentence):
            yield Part(piece, part.unit, at, at if by_line else part.last, part.heading)
        at += by_line


def _forced(text: str) -> Iterator[str]:
    limit = AIM * 4
    while len(text.encode()) > limit or len(text.split()) > AIM:
        room = len(text[:limit].encode()[:limit].decode(errors="ignore"))
        at = max(text.rfind(" ", 1, room), 0) or room
        words = text[:at].split(" ")
        if len(words) > AIM:
            at = len(" ".join(words[:AIM]))
        yield text[:at]
        text = text[at:].lstrip()
    if text.strip():
        yield text


def _last_sentence(text: str) -> str:
    sentence = next((s for s in reversed(_SENTENCE.split(text)) if s.strip()), "")
    return sentence if tokens_of(sentence) <= OVERLAP else ""
