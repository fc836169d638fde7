"""Feeds, as a client asks for them."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from pydantic import TypeAdapter

from ...errors import Unavailable
from ...ids import Json
from ...memory.feed.model import Break, Entry, Head, NewEntry, State, Verdict
from ..transport import Transport

WAIT_S = 20
PATIENCE_S = 60.0
IMPORT_S = 600.0
_ENTRIES = TypeAdapter(list[Entry])
_HEADS = TypeAdapter(list[Head])


class Feed:
    """Everything in rooms and sessions, in one order."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def feeds(self, prefix: str = "", *, after: str = "", limit: int = 1_000) -> list[Head]:
        """Feeds by name, with where each ends."""
        params: dict[str, str | int] = {"prefix": prefix, "after": after, "limit": limit}
        return _HEADS.validate_python(self._transport.get("/memory/feeds", params)["feeds"])

    def read(
        self,
        feed: str,
        *,
        after: int = 0,
        before: int | None = None,
        kinds: Sequence[str] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        run: str | None = None,
        newest_first: bool = False,
        limit: int = 1_000,
    ) -> list[Entry]:
        """Entries in order, after a position; or the newest first.

        Args:
            feed: Its name.
            after: The position before the first one wanted.
            before: The position after the last one wanted.
            kinds: Only of these kinds.
            since: Only from this moment on (aware).
            until: Only up to this moment.
            run: Only what this run appended.
            newest_first: Begin at the end.
            limit: At most so many.
        """
        asked: dict[str, Any] = {"after": after, "before": before, "kind": list(kinds)}
        asked |= {"since": since and since.isoformat(), "until": until and until.isoformat()}
        asked |= {"run": run, "limit": limit}
        if newest_first:
            asked["newest_first"] = "true"
        params = {name: value for name, value in asked.items() if value not in (None, [])}
        return _ENTRIES.validate_python(self._transport.get(_path(feed), params)["entries"])

    def last(self, feed: str, count: int = 1) -> list[Entry]:
        """The last entries, in order."""
        return self.read(feed, newest_first=True, limit=count)[::-1]

    def follow(
        self, feed: str, *, after: int | None = None, kinds: Sequence[str] = ()
    ) -> Iterator[Entry]:
        """Entries as they are appended, in order, without gap or double. Never ends by itself.

        Args:
            feed: Its name. It need not have begun.
            after: The position before the first one wanted; by default, what comes from now on.
            kinds: Only of these kinds.
        """
        at = after
        if at is None:
            newest = self.last(feed)
            at = newest[-1].seq if newest else 0
        return self._follow(feed, at, list(kinds))

    def _follow(self, feed: str, at: int, kinds: list[str]) -> Iterator[Entry]:
        heard = time.monotonic()
        while True:
            params: dict[str, Any] = {"after": at, "wait_s": WAIT_S}
            if kinds:
                params["kind"] = kinds
            try:
                page = _ENTRIES.validate_python(self._transport.get(_path(feed), params)["entries"])
            except Unavailable:
                if time.monotonic() > heard + PATIENCE_S:
                    raise
                time.sleep(0.3)
                continue
            heard = time.monotonic()
            for entry in page:
                at = entry.seq
                yield entry

    def append(
        self, feed: str, body: Json, *, kind: str = "message", key: str | None = None
    ) -> int:
        """Add an entry to the end. The same `key` twice gives one entry.

        Returns:
            Its position, from 1.
        """
        headers = {"Idempotency-Key": key or str(uuid4())}
        said = {"body": body, "kind": kind}
        return int(self._transport.post(_path(feed), said, headers=headers)["seq"])

    def append_all(self, feed: str, entries: Iterable[NewEntry]) -> list[int]:
        """Add entries to the end, one after the other: all of them, or none.

        Returns:
            The position of each; of one whose key was there already, that one's.
        """
        items = [entry.model_dump(mode="json") for entry in entries]
        for item in items:  # so that sending it again, should the answer get lost, adds nothing
            item["key"] = item["key"] or str(uuid4())
        found: list[int] = self._transport.post(_path(feed, "batch"), {"items": items})["seqs"]
        return found

    def state(self, feed: str, *, at: int | datetime | None = None) -> State:
        """What the patches of a feed make of `{}`: now, at a position, or at a moment."""
        params: dict[str, str | int] = {}
        if isinstance(at, datetime):
            params["when"] = at.isoformat()
        elif at is not None:
            params["at"] = at
        return State.model_validate(self._transport.get(_path(feed, "state"), params))

    def patch_state(
        self, feed: str, patch: list[dict[str, Json]], *, key: str | None = None
    ) -> int:
        """Change the state by a JSON Patch (RFC 6902), which becomes an entry.

        Returns:
            Its position.

        Raises:
            BadPatch: It does not fit the state; nothing of it was applied.
        """
        headers = {"Idempotency-Key": key or str(uuid4())}
        said = {"patch": patch}
        return int(self._transport.post(_path(feed, "state"), said, headers=headers)["seq"])

    def forget(self, feed: str, seqs: Iterable[int], *, reason: str = "") -> list[int]:
        """Erase what entries say. Their hashes stay, and an entry says which are gone.

        Returns:
            Those that were erased now; the others had been before.
        """
        said = {"seqs": list(seqs), "reason": reason}
        found: list[int] = self._transport.post(_path(feed, "forget"), said)["erased"]
        return found

    def verify(self, feed: str, *, anchor: str | None = None) -> Verdict:
        """Follow the chain from the first entry to the last; says where it breaks first.

        Args:
            feed: Its name.
            anchor: `position:hash` as it was noted elsewhere (`Head` has both): what came before
                it is then proven to be what it was.
        """
        params: dict[str, str | int] = {}
        pinned, _, pinned_hash = (anchor or "").partition(":")
        erased = 0
        while True:
            verdict = self._part(feed, params)
            erased += verdict.erased
            if verdict.broken or verdict.is_all:
                break
            params = {"after": verdict.seq, "hash": verdict.hash}
        verdict = verdict.model_copy(update={"erased": erased})
        if anchor is None or verdict.broken:
            return verdict
        found = self.read(feed, after=int(pinned) - 1, before=int(pinned) + 1)
        if found and found[0].hash == pinned_hash:
            return verdict
        broken = Break(seq=int(pinned), what="its hash is another one than the anchor says")
        return verdict.model_copy(update={"broken": broken})

    def _part(self, feed: str, params: dict[str, str | int]) -> Verdict:
        return Verdict.model_validate(self._transport.get(_path(feed, "verify"), params))

    def export(self, feed: str) -> Iterator[bytes]:
        """The feed as JSON Lines with its chain, in pieces: `verify_file` needs nothing else."""
        return self._transport.stream(_path(feed, "file"))

    def import_(self, feed: str, path: str | Path) -> int:
        """Make a feed of an exported file, under any name. The same twice is once.

        Returns:
            The position at which it ends.

        Raises:
            BrokenChain: The file was altered, or is not whole; the line is named.
        """
        verify_file(path)  # a broken file is told before it travels

        def lines() -> Iterator[bytes]:
            with Path(path).open("rb") as file:
                yield from file

        answer = self._transport.send(
            "POST", _path(feed, "file"), content=lines, timeout_s=IMPORT_S
        )
        return int(answer.json()["seq"])


def verify_file(path: str | Path) -> Verdict:
    """Follow the chain of an exported file; nothing else is needed. Raises `BrokenChain`."""
    from ...memory.feed.lines import FeedFile

    with Path(path).open("rb") as lines:
        file = FeedFile(lines)
        for _ in file.pages():
            pass
    header = file.header
    return Verdict(feed=header.feed, seq=header.seq, hash=header.hash, erased=file.erased)


def _path(feed: str, what: str = "entries") -> str:
    return f"/memory/feeds/{quote(feed)}/{what}"
