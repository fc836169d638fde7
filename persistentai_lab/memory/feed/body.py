"""A feed, as a body is lent it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import TypeAdapter

from ...ids import Json
from ..layer import Ask, Do
from .asks import Append, AppendAll, Forget, PatchState, ReadFeed, StateOf, VerifyFeed
from .model import Entry, NewEntry, State, Verdict

_ENTRIES = TypeAdapter(list[Entry])


class Feed:
    """Everything in a room or session, in one order."""

    def __init__(self, ask: Ask, do: Do) -> None:
        self._ask = ask
        self._do = do

    async def read(
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
        """Entries after a position, in order; or the newest first."""
        query = ReadFeed(
            feed=feed,
            after=after,
            before=before,
            kinds=tuple(kinds),
            since=since,
            until=until,
            run=run,
            newest_first=newest_first,
            limit=limit,
        )
        return _ENTRIES.validate_python((await self._ask(query)).value)

    async def last(self, feed: str, count: int = 1) -> list[Entry]:
        """The last entries, in order."""
        return (await self.read(feed, newest_first=True, limit=count))[::-1]

    async def state(self, feed: str, *, at: int | datetime | None = None) -> State:
        """What its patches make of `{}`: now, at a position, or at a moment."""
        return State.model_validate((await self._ask(StateOf(feed=feed, at=at))).value)

    async def verify(self, feed: str) -> Verdict:
        """Follow its chain; says where it breaks first."""
        query, erased = VerifyFeed(feed=feed), 0
        while True:
            verdict = Verdict.model_validate((await self._ask(query)).value)
            erased += verdict.erased
            if verdict.broken or verdict.is_all:
                return verdict.model_copy(update={"erased": erased})
            query = VerifyFeed(feed=feed, after=verdict.seq, hash=verdict.hash)

    def append(
        self, feed: str, body: Json, *, kind: str = "message", key: str | None = None
    ) -> int:
        """Add an entry when the step is recorded; its position is the promise."""
        position: int = self._do(Append(feed=feed, body=body, kind=kind, key=key))
        return position

    def append_all(self, feed: str, entries: Iterable[NewEntry]) -> list[int]:
        """Add entries when the step is recorded; their positions are the promise."""
        positions: list[int] = self._do(AppendAll(feed=feed, items=tuple(entries)))
        return positions

    def patch_state(
        self, feed: str, patch: list[dict[str, Json]], *, key: str | None = None
    ) -> int:
        """Change the state when the step is recorded; the entry's position is the promise."""
        position: int = self._do(PatchState(feed=feed, patch=patch, key=key))
        return position

    def forget(self, feed: str, seqs: Iterable[int], *, reason: str = "") -> list[int]:
        """Erase entries when the step is recorded; those that were not yet are the promise."""
        erased: list[int] = self._do(Forget(feed=feed, seqs=tuple(seqs), reason=reason))
        return erased
