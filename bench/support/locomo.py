"""Reads a file in LoCoMo's JSON form: what was said, and questions with the turns that answer them.

The form is loose: fields may be missing, evidence may name two turns in one text, turns that are
not there, or write `D:11:26` for `D11:26`. What can't be read is left out and counted.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CATEGORIES = {1: "several turns", 2: "time", 3: "concluded", 4: "one turn"}
"""Category 5 asks for what was never said, and has no answer to find."""
_TURN = re.compile(r"D\s*:?\s*(\d+)\s*:\s*0*(\d+)")
_SESSION = re.compile(r"session_(\d+)")
_MOMENTS = ("%I:%M %p ON %d %B, %Y", "%I:%M %p, %d %B, %Y", "%d %B, %Y", "%Y-%m-%d")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Turn:
    """Something that was said."""

    talk: str
    session: int
    name: str
    """`D1:3`"""
    text: str
    """With who says it, and what a picture shows."""
    at: datetime

    @property
    def thread(self) -> str:
        """A session has a thread of its own: its first turn does not follow on the last before."""
        return f"{self.talk}/{self.session:03}"


@dataclass(frozen=True)
class Question:
    """What is asked, and which turns answer it."""

    talk: str
    text: str
    category: int
    evidence: frozenset[str]


@dataclass(frozen=True)
class Talk:
    """A conversation."""

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]
    left_out: int
    """Questions that can't be measured: nothing answers them, or nothing that is there."""


def read(path: Path) -> list[Talk]:
    """The conversations of a file. Raises `ValueError` when it is none of that form."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return talks_of(found)


def talks_of(found: Any) -> list[Talk]:
    """Conversations, from parsed JSON."""
    rows = found if isinstance(found, list) else [found]
    if not rows or not all(isinstance(row, dict) and "conversation" in row for row in rows):
        raise ValueError(
            "this is not LoCoMo's form: a list of objects with `conversation` and `qa`"
        )
    return [_talk(row, f"{row.get('sample_id') or 'talk'}#{n}") for n, row in enumerate(rows)]


def _talk(row: Mapping[str, Any], name: str) -> Talk:
    turns = tuple(_turns(row["conversation"], name))
    known = {turn.name for turn in turns}
    asked = row.get("qa") or ()
    questions = tuple(_questions(asked, name, known))
    return Talk(name, turns, questions, len(asked) - len(questions))


def _turns(said: Mapping[str, Any], talk: str) -> Iterator[Turn]:
    numbers = sorted({int(m[1]) for key in said if (m := _SESSION.fullmatch(key))})
    names: set[str] = set()
    for session in numbers:
        at = moment(said.get(f"session_{session}_date_time"))
        for place, turn in enumerate(said.get(f"session_{session}") or (), 1):
            text = words_of(turn)
            name = next(iter(names_in(turn.get("dia_id"))), f"D{session}:{place}")
            if text and name not in names:
                names.add(name)
                yield Turn(talk, session, name, text, at)


def words_of(turn: Mapping[str, Any]) -> str:
    """What a turn says: `Ada: Look at this! [shows a photo of a cat]`."""
    text = str(turn.get("text") or turn.get("clean_text") or "").strip()
    shown = str(turn.get("blip_caption") or "").strip()
    if not shown and turn.get("img_url"):
        shown = str(turn.get("query") or "").strip()
    if shown:
        text = f"{text} [shows {shown}]".strip()
    speaker = str(turn.get("speaker") or "").strip()
    return f"{speaker}: {text}" if speaker and text else text


def _questions(asked: Sequence[Any], talk: str, known: set[str]) -> Iterator[Question]:
    for each in asked:
        text = str(each.get("question") or "").strip()
        evidence = frozenset(names_in(each.get("evidence"))) & known
        if text and evidence and each.get("category") in CATEGORIES:
            yield Question(talk, text, each["category"], evidence)


def names_in(evidence: Any) -> list[str]:
    """Turns that an evidence names: `["D1:3", "D8:6; D9:17", "D:11:26", "D"]`."""
    texts = evidence if isinstance(evidence, list) else [evidence]
    return [
        f"D{int(session)}:{int(place)}"
        for text in texts
        for session, place in _TURN.findall(str(text or ""))
    ]


def moment(text: Any) -> datetime:
    """`1:56 pm on 8 May, 2023`; long ago, when it says nothing that can be read."""
    said = " ".join(str(text or "").upper().split())
    for form in _MOMENTS:
        try:
            return datetime.strptime(said, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return LONG_AGO
