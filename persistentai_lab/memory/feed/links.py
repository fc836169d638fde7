"""The links of a feed's chain: how they are made, and how they are followed."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from .. import chain
from .model import ERASED, Break

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = tuple[
    int, int, str, str | None, str, str, str | None, str | None,
    str | None, bytes | None, bytes, bytes, bool,
]  # fmt: skip
"""Position, microseconds since 1970, kind, key, owner, caller, run, path; text of the body, salt,
payload's hash, link's hash, whether it was erased."""


def genesis(workspace: str, feed: str) -> bytes:
    """What the first entry of a feed follows."""
    return chain.beginning("persistentai.feed/1", workspace, feed)


def micros(at: datetime) -> int:
    """A moment as a whole number, which has one form only."""
    return (at - EPOCH) // _MICROSECOND


@dataclass(slots=True)
class Chain:
    """The end of a feed's chain, where links are added."""

    seq: int
    hash: bytes

    def add(self, at: datetime, text: str, *facts: str | None) -> tuple[int, bytes, bytes, bytes]:
        """Add a link; the facts are kind, key, owner, caller, run and path.

        Returns:
            Its position, salt, payload's hash and hash.
        """
        salt = secrets.token_bytes(chain.SALT_SIZE)
        digest = chain.payload_hash(salt, text.encode())
        self.seq += 1
        told = (str(self.seq), str(micros(at)), *facts)
        self.hash = chain.link(self.hash, told, digest)
        return self.seq, salt, digest, self.hash


@dataclass(slots=True)
class Follower:
    """Follows a chain from a known hash on, page by page."""

    seq: int
    hash: bytes
    erased: set[int] = field(default_factory=set)
    """Positions of entries without a body."""
    named: set[int] = field(default_factory=set)
    """Positions that entries say were erased."""

    def follow(self, rows: Iterable[Row]) -> Break | None:
        """Go on; stops at the first link that does not hold. The inner loop of verification."""
        before, at = self.hash, self.seq
        try:
            for row in rows:
                seq, when, kind, key, owner, caller, run, path, text, salt, digest, link, gone = row
                at += 1
                if seq != at:
                    return Break(seq=at, what=f"entry {at} is missing")
                if gone:
                    if text is not None or salt is not None:
                        return Break(seq=seq, what="it is marked as erased, and is not")
                    self.erased.add(seq)
                elif text is None or salt is None:
                    return Break(seq=seq, what="its body is missing, though it was never erased")
                elif sha256(salt + text.encode()).digest() != digest:
                    return Break(seq=seq, what="its body is not the one that was appended")
                facts = "\0".join(
                    (str(seq), str(when), kind, key or "", owner, caller, run or "", path or "")
                )
                before = sha256(before + digest + facts.encode()).digest()
                if before != link:
                    return Break(
                        seq=seq, what="its hash is not that of what it says and what came before"
                    )
                if kind == ERASED and text is not None:
                    self.named.update(named_in(text))
                self.seq, self.hash = seq, before
        except (TypeError, ValueError, AttributeError):  # only in files: no such types in tables
            return Break(seq=at, what="it has no such form as entries have")
        return None

    def unexplained(self) -> Break | None:
        """An entry that is erased, and none says so."""
        if missing := self.erased - self.named:
            return Break(seq=min(missing), what="it is erased, and no entry of the feed says so")
        return None


def named_in(text: str) -> list[int]:
    """The positions that the body of an `erased` entry names."""
    said = json.loads(text)
    return [seq for seq in said["seqs"] if isinstance(seq, int)]
