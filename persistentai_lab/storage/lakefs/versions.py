"""Versions of a repository: which one is meant, what it has, how it came about."""

import heapq
import json
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

from ...errors import NotInMemory
from ...ids import Json
from ...memory.files.model import MAIN, Commit
from ...memory.files.path import folded
from ..files.versions import moment, no_branch
from .client import Lake, LakeCommit, NotThere
from .names import to_lake
from .tree import EMPTY, Tree, read

Moved = Callable[[str], Awaitable[str | None]]
RECORD = "pai"
"""Of a commit's metadata: what we know of it, as JSON. A commit without it isn't ours."""
TOUCHED_MAX = 100
"""Keys of paths that a commit says that it changed; with more, whoever asks has to compare."""
ROWS_MAX = 400_000
"""Of all versions that are kept in memory."""
COMMITS_MAX = 20_000
NEAR = 10
"""Commits back in which a version is looked for that this one differs little from."""
FEW = 100
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d")
_HASH = re.compile(r"[0-9a-f]{8,64}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,99}")


class Versions:
    """Commits and trees never change, so what was read is kept."""

    def __init__(self, lake: Lake, moved: Moved) -> None:
        """`moved` knows what a commit is called here that was made in another store."""
        self.lake = lake
        self._moved = moved
        self._commits: OrderedDict[str, LakeCommit] = OrderedDict()
        self._trees: OrderedDict[str, Tree] = OrderedDict()
        self._keys: dict[str, str] = {}

    # --- which ------------------------------------------------------------------------------------

    async def head(self, branch: str) -> str | None:
        """The newest version of a branch; None before its first. Raises `NotInMemory`."""
        head = await self.lake.call(self.lake.head, to_lake(branch))
        if head is None:
            if branch == MAIN:
                return None
            raise no_branch(branch)
        return await self.ours(head)

    async def ours(self, id: str) -> str | None:
        """A commit's id; None for the one that a repository begins with."""
        return id if RECORD in (await self._commit(id)).notes else None

    async def resolve(self, branch: str, at: str | None) -> str | None:
        """The version that is meant. Raises `NotInMemory`."""
        if at is not None and not _MOMENT.match(at):
            return await self._named(at)
        head = await self.head(branch)
        if at is None or head is None:
            return head
        time = moment(at)
        async for commit in self.log(head):
            if commit.at <= time:
                return commit.id
        return None

    async def version(self, ref: str) -> str | None:
        """The version that is meant by a branch, a tag, a commit, or `branch@moment`."""
        branch, _, at = ref.partition("@")
        if at:
            return await self.resolve(branch, at)
        try:
            return await self.head(ref)
        except NotInMemory:
            return await self._named(ref)

    async def parent(self, id: str | None) -> str | None:
        """The version before."""
        return next(iter((await self.commit(id)).parents), None) if id else None

    async def by_tag(self, tag: str) -> str | None:
        """The commit that a tag in lakeFS names; only those are asked that never move."""
        if tag not in self._keys:
            found = await self.lake.call(self.lake.tagged, tag)
            if found is None:
                return None
            self._keys[tag] = found
        return self._keys[tag]

    async def _named(self, name: str) -> str:
        if _NAME.fullmatch(name) and (found := await self._tag(name)) is not None:
            return found
        if _HASH.fullmatch(name):
            try:
                commit = await self.lake.call(self.lake.commit_of, name)
                if RECORD in commit.notes:
                    self._keep(commit)
                    return commit.id
            except NotThere:
                if (here := await self._moved(name)) is not None:
                    return here
        raise NotInMemory(
            f"There is no version {name!r}.",
            remedy="Name a branch, a tag, a commit (8 to 64 digits), or a moment "
            "(`2026-11-30T09:30:00Z`).",
        )

    async def _tag(self, name: str) -> str | None:
        return await self.lake.call(self.lake.tagged, to_lake(name))

    # --- what it has ------------------------------------------------------------------------------

    async def tree(self, id: str | None) -> Tree:
        """All that a version has."""
        if id is None:
            return EMPTY
        if id not in self._trees:
            tree = await self._from_near(id)
            if tree is None:
                objects = await self.lake.call(self.lake.objects, id)
                rows = (read(one, id) for one in objects)
                tree = Tree(row for row in rows if row is not None)
            self.know(id, tree)
        self._trees.move_to_end(id)
        return self._trees[id]

    def know(self, id: str, tree: Tree) -> None:
        """Keep a tree, and forget those that were asked for longest ago."""
        self._trees[id] = tree
        while len(self._trees) > 1 and sum(len(t.rows) for t in self._trees.values()) > ROWS_MAX:
            self._trees.popitem(last=False)

    async def _from_near(self, id: str) -> Tree | None:
        """By what differs from a version that is known, if that is little."""
        near = await self._near(id)
        if near is None:
            return None
        known = self._trees[near]
        paths = await self.lake.call(self.lake.differ, near, id, FEW)
        if paths is None:
            return None
        gone, rows = [], []
        for path in paths:
            try:
                row = read(await self.lake.call(self.lake.object, id, path), id)
            except NotThere:
                row = None
            if row is not None:
                rows.append(row)
            elif known.get(path) is not None:
                gone.append(folded(path))
        return known.changed(gone, rows)

    async def _near(self, id: str) -> str | None:
        near = id
        for _ in range(NEAR if self._trees else 0):
            parents = (await self._commit(near)).parents
            if not parents:
                return None
            near = parents[0]
            if near in self._trees:
                return near
        return None

    # --- how it came about ------------------------------------------------------------------------

    async def commit(self, id: str) -> Commit:
        """A commit."""
        return told(await self._commit(id))

    async def touched(self, id: str) -> list[str] | None:
        """Keys of the paths that a commit changed; None when it was too many to say."""
        found: list[str] | None = json.loads((await self._commit(id)).notes[RECORD])["touched"]
        return found

    async def log(self, id: str | None, before: str | None = None) -> AsyncIterator[Commit]:
        """Commits along first parents, newest first."""
        after = before or ""
        size = 20
        while id is not None:
            page = await self.lake.call(self.lake.log, id, after=after, amount=size)
            if not page:
                return
            after, size = page[-1].id, 1_000
            for each in page:
                self._keep(each)
                if RECORD not in each.notes:
                    return
                commit = told(each)
                yield commit
                if commit.parents and commit.parents[0] != each.parents[0]:
                    id, after = commit.parents[0], ""  # merged into what had no version yet
                    break

    async def base(self, one: str | None, other: str | None) -> str | None:
        """The newest version that both have come from."""
        if one is None or other is None:
            return None
        sides: dict[str, set[int]] = {}
        heap: list[tuple[float, str]] = []
        for n, id in enumerate((one, other)):
            sides.setdefault(id, set()).add(n)
            heap.append((-(await self.commit(id)).at.timestamp(), id))
        heapq.heapify(heap)
        while heap:
            _, id = heapq.heappop(heap)
            if len(sides[id]) == 2:
                return id
            for parent in (await self.commit(id)).parents:
                fresh = parent not in sides
                known = sides.setdefault(parent, set())
                if not sides[id] <= known:
                    known |= sides[id]
                    fresh = True
                if fresh:
                    at = (await self.commit(parent)).at.timestamp()
                    heapq.heappush(heap, (-at, parent))
        return None

    async def _commit(self, id: str) -> LakeCommit:
        if id not in self._commits:
            self._keep(await self.lake.call(self.lake.commit_of, id))
        return self._commits[id]

    def _keep(self, commit: LakeCommit) -> None:
        self._commits[commit.id] = commit
        while len(self._commits) > COMMITS_MAX:
            self._commits.popitem(last=False)


def record(commit: Commit, touched: list[str] | None) -> str:
    """What lakeFS is to keep of a commit."""
    said = commit.model_dump(mode="json", exclude={"id"}) | {"touched": touched}
    return json.dumps(said)


def told(commit: LakeCommit) -> Commit:
    """A commit of ours, as it is told."""
    said: dict[str, Json] = json.loads(commit.notes[RECORD])
    said.pop("touched")
    return Commit.model_validate({**said, "id": commit.id})


def later(at: datetime, than: datetime | None) -> datetime:
    """A moment, moved on if a clock was set back: a commit is younger than its parents."""
    return at if than is None or at > than else than + timedelta(milliseconds=1)
