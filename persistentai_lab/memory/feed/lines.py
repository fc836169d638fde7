"""A feed as JSON Lines: how it is written, read, and verified without anything else.

The first line says which feed it is and where it ends, each further one is an entry with its salt
and hashes, the last one says the end again: so a file that was cut off is not taken for whole.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ...errors import BrokenChain
from ..storable import compact, fits_postgres
from .links import EPOCH, Follower, Row, genesis, micros
from .model import Break, FeedName

FORMAT = "persistentai.feed/1"
PAGE = 1_000
_TEXTS = ("kind", "key", "owner", "caller", "run", "path")


class Header(BaseModel):
    """The first line."""

    model_config = ConfigDict(frozen=True)

    format: str
    workspace: str
    feed: FeedName
    """Workspace and name that the chain begins with."""
    seq: int
    hash: str


Parsed = tuple[Row, datetime, datetime | None]
"""An entry of a file: its link, when it was appended, and when it was erased."""


def first_line(workspace: str, feed: str, seq: int, hashed: bytes) -> bytes:
    """The line before the entries."""
    said = {"format": FORMAT, "workspace": workspace, "feed": feed, "seq": seq}
    return (compact(said | {"hash": hashed.hex()}) + "\n").encode()


def entry_line(row: Row, erased_at: datetime | None) -> bytes:
    """The line of an entry. Its body stands as it was appended: the hash is over that text."""
    seq, when, kind, key, owner, caller, run, path, text, salt, digest, hashed, _ = row
    at = EPOCH + timedelta(microseconds=when)
    said: dict[str, Any] = {"seq": seq, "at": at.isoformat(), "kind": kind, "key": key}
    said |= {"owner": owner, "caller": caller, "run": run, "path": path}
    said |= {"payload_hash": digest.hex(), "hash": hashed.hex()}
    if text is None:
        return (compact(said | {"erased_at": erased_at and erased_at.isoformat()}) + "\n").encode()
    head = compact(said | {"salt": (salt or b"").hex()})
    return f'{head[:-1]},"body":{text}}}\n'.encode()


def last_line(seq: int, hashed: bytes) -> bytes:
    """The line after the entries."""
    return (compact({"end": {"seq": seq, "hash": hashed.hex()}}) + "\n").encode()


class FeedFile:
    """Reads a file and follows its chain. Raises `BrokenChain`, naming the line."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._number = 0
        first = self._next()
        try:
            self.header = Header.model_validate(first)
        except ValidationError:
            raise self._broken("it is not the beginning of an exported feed") from None
        if self.header.format != FORMAT:
            raise self._broken(f"its format is {self.header.format!r}, not {FORMAT!r}")
        self._follower = Follower(0, genesis(self.header.workspace, self.header.feed))

    @property
    def erased(self) -> int:
        """How many of the entries read are erased."""
        return len(self._follower.erased)

    def pages(self) -> Iterator[list[Parsed]]:
        """The entries, each page verified."""
        page: list[Parsed] = []
        while True:
            said = self._next()
            if isinstance(said, dict) and "end" in said:
                break
            page.append(self._entry(said))
            if len(page) == PAGE:
                self._follow(page)
                yield page
                page = []
        self._follow(page)
        yield page
        self._conclude(said["end"])

    def _follow(self, page: list[Parsed]) -> None:
        if broken := self._follower.follow(entry[0] for entry in page):
            raise self._told(broken)

    def _conclude(self, end: Any) -> None:
        follower = self._follower
        ends = {"seq": follower.seq, "hash": follower.hash.hex()}
        if end != ends or ends != {"seq": self.header.seq, "hash": self.header.hash}:
            raise self._broken("the feed does not end where the file says it does")
        if broken := follower.unexplained():
            raise self._told(broken)
        if next(self._lines, b"").strip():
            raise BrokenChain(
                f"Line {self._number + 1}: there is something after the end.", remedy=_REMEDY
            )

    def _entry(self, said: Any) -> Parsed:
        try:
            at = datetime.fromisoformat(said["at"])
            facts = [said[name] for name in _TEXTS]
            is_erased = "body" not in said
            text = None if is_erased else compact(said["body"])
            row = (
                said["seq"], micros(at), *facts, text,
                None if is_erased else bytes.fromhex(said["salt"]),
                bytes.fromhex(said["payload_hash"]), bytes.fromhex(said["hash"]), is_erased,
            )  # fmt: skip
            gone = datetime.fromisoformat(said["erased_at"]) if is_erased else None
        except (KeyError, TypeError, ValueError, RecursionError):
            raise self._broken("it is no entry of an exported feed") from None
        wrong = [each for each in facts if not (each is None or isinstance(each, str))]
        if wrong or "\0" in "".join(filter(None, facts)) or not fits_postgres(text or ""):
            raise self._broken("it has values that no entry can have")
        return row, at, gone

    def _next(self) -> Any:
        line = next(self._lines, b"")
        self._number += 1
        if not line:
            raise self._broken("the file ends before the feed does")
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            raise self._broken("it is no JSON") from None

    def _told(self, broken: Break) -> BrokenChain:
        self._number = broken.seq + 1  # the first line is none of an entry
        return self._broken(f"entry {broken.seq}: {broken.what}")

    def _broken(self, what: str) -> BrokenChain:
        return BrokenChain(f"Line {self._number}: {what}.", remedy=_REMEDY)


_REMEDY = "The file is not as it was exported; nothing of it was taken over. Export it again."
