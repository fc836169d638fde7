"""Commands on files in lakeFS, beside the transaction of whoever makes them.

The effect in lakeFS can't be part of that transaction. So it comes last in it, under a key that is
the same for every try, and is found instead of done again when the transaction was lost.
"""

from contextlib import suppress
from typing import Any

from psycopg import AsyncConnection

from ...errors import MemoryRefused, WriteConflict
from ...ids import Json
from ...memory.author import Author
from ...memory.files import asks
from ...memory.files.model import MAIN, Commit, Merged
from ...memory.files.settle import New
from ...memory.layer import Receipt
from ...memory.storable import storable
from ..blobs import BlobMissing, Blobs
from ..files.committing import written
from ..files.versions import no_branch
from . import changing, protocol, refs
from .changing import Plan, Tip
from .files import LakeFiles
from .names import key_tag, to_lake
from .protocol import Copy, Upload, Work
from .tree import Row, notes_of
from .versions import RECORD, TOUCHED_MAX, Versions, later, record

Connection = AsyncConnection[tuple[Any, ...]]
OVERTAKEN_MAX = 5
Changing = asks.CommitFiles | asks.Restore | asks.Merge | asks.Revert | asks.TakeOver


class LakeWriter:
    """Does commands in lakeFS."""

    def __init__(self, files: LakeFiles, blobs: Blobs) -> None:
        self._files = files
        self._blobs = blobs

    async def prepare(self, connection: Connection, author: Author, command: Any, key: str) -> None:
        """Note from where a command is first tried."""
        versions = self._files.of(author.workspace)
        lake = versions.lake
        since = None
        if isinstance(command, Changing):
            since = await lake.call(lake.head, to_lake(command.branch))
        await connection.execute(_TRY, (author.workspace, key, since))

    async def apply(
        self, connection: Connection, author: Author, command: Any, key: str
    ) -> Receipt:
        """Do a command, unless it is found to have been done."""
        versions, where = self._files.of(author.workspace), author.workspace
        await connection.execute(_LOCK, (f"{where}\n{command.target}",))
        found = await (await connection.execute(_TRIED, (where, key))).fetchone()
        since, tries = found or (None, 1)
        receipt = await self._do(connection, author, versions, command, key, since, tries > 1)
        await connection.execute(_DONE, (where, key))
        return receipt

    async def _do(
        self, connection: Connection, author: Author, versions: Versions, command: Any, key: str,
        since: str | None, again: bool,
    ) -> Receipt:  # fmt: skip
        match command:
            case asks.CreateBranch():
                return await refs.create(connection, author, versions, command, again)
            case asks.DeleteBranch():
                return await refs.delete(connection, author, versions, command, again)
            case asks.TagVersion():
                return await refs.tag(connection, author, versions, command)
            case asks.DeleteTag():
                return await refs.untag(connection, author, versions, command, again)
        for _ in range(OVERTAKEN_MAX):
            with suppress(protocol.Overtaken):
                return await self._change(connection, author, versions, command, key, since)
        raise versions.lake.away(f"{command.branch!r} is changed again and again")

    async def _change(
        self, connection: Connection, author: Author, versions: Versions, command: Changing,
        key: str, since: str | None,
    ) -> Receipt:  # fmt: skip
        lake, target = versions.lake, to_lake(command.branch)
        if (known := await protocol.find(lake, target, key, since)) is not None:
            return Receipt(command.branch, _said(command, known), again=True)
        tip = await self._tip(connection, versions, command.branch)
        _as_expected(tip, command.expected)
        plan = await self._plan(versions, tip, command)
        if plan is None:
            return Receipt(command.branch, _said(command, tip.head), again=True)
        if plan.conflicts:
            shown = plan.conflicts[: changing.SHOWN]
            return Receipt(command.branch, Merged(conflicts=shown).model_dump(mode="json"))
        made = await self._commit(author, versions, tip, plan, command, key)
        if isinstance(command, asks.CommitFiles | asks.TakeOver):
            return Receipt(command.branch, made, touched=written(command, made))
        if isinstance(command, asks.Restore):
            return Receipt(command.branch, made)
        done = Merged(
            commit=made, changed=len(plan.settled.keys), by_content=plan.by_content
        ).model_dump(mode="json")
        return Receipt(command.branch, done)

    async def _tip(self, connection: Connection, versions: Versions, branch: str) -> Tip:
        lake = versions.lake
        head = await lake.call(lake.head, to_lake(branch))
        if head is None:
            if branch != MAIN:
                raise no_branch(branch)
            await lake.call(lake.found)
            head = await lake.call(lake.head, MAIN)
            assert head is not None
        ours = await versions.ours(head)
        row = await (await connection.execute(_NOW)).fetchone()
        assert row is not None
        now = later(row[0], (await versions.commit(ours)).at if ours else None)
        return Tip(branch, ours, head, await versions.tree(ours), now)

    async def _plan(self, versions: Versions, tip: Tip, command: Changing) -> Plan | None:
        """What is to be done; None when it is so already."""
        match command:
            case asks.CommitFiles():
                plan = changing.of_commit(tip, command)
            case asks.TakeOver():
                plan = changing.of_commit(tip, command)
                others = [await versions.version(ref) for ref in command.also]
                plan.also = tuple(id for id in others if id is not None)
                plan.kind = "merge" if plan.also else "commit"
                plan.is_empty_fine = True
            case asks.Restore():
                to = command.to
                is_moment = to[:4].isdigit() and to[4:5] == "-"
                then = await (
                    versions.resolve(command.branch, to) if is_moment else versions.version(to)
                )
                plan = await changing.of_restore(versions, tip, command, then)
            case asks.Merge():
                source = await versions.version(command.source)
                base = await versions.base(tip.head, source)
                if source is None or base == source:
                    return None
                plan = await changing.of_merge(versions, tip, base, source, command)
            case asks.Revert():
                undone = await versions.version(command.commit)
                before = await versions.parent(undone)
                plan = await changing.of_merge(versions, tip, undone, before, command)
        return plan if plan.settled.keys or plan.conflicts or plan.is_empty_fine else None

    async def _commit(
        self, author: Author, versions: Versions, tip: Tip, plan: Plan, command: Changing, key: str
    ) -> str:
        meta, _ = storable(plan.meta)
        storable(plan.message)
        settled = plan.settled
        work = await self._work(author, tip, plan, key)
        parents = [id for id in (tip.head, *plan.also) if id is not None]
        about = Commit(
            id="", parents=tuple(parents), kind=plan.kind, branch=tip.branch,
            message=plan.message, meta=meta,  # type: ignore[arg-type]
            changed=len(settled.told), restored=plan.restored, at=tip.now, owner=author.owner,
            caller=author.caller, run=author.run, path=author.path,
            key=key if command.key or author.run else None,
        )  # fmt: skip
        touched = settled.keys if len(settled.keys) <= TOUCHED_MAX else None
        notes = {RECORD: record(about, touched)}
        message = plan.message or plan.kind
        lake, target = versions.lake, to_lake(tip.branch)
        made = await protocol.commit(lake, target, tip.lake_head, key, message, notes, work)
        rows = [
            Row(
                new.path, new.sha256, new.media_type, _size(work.put[new.path], plan, k), new.meta,
                key_tag(key), tip.now, made,
            )
            for k, new in settled.puts.items()
        ]  # fmt: skip
        versions.know(made, tip.tree.changed(settled.gone, rows))
        return made

    async def _work(self, author: Author, tip: Tip, plan: Plan, key: str) -> Work:
        puts = plan.settled.puts
        stays = {new.path for new in puts.values()}
        work = Work(gone=[p for p in plan.settled.gone.values() if p not in stays])
        # Another spelling of a name is another object to lakeFS.
        work.gone += [
            row.path
            for k, row in tip.tree.find(puts).items()
            if row.path not in stays and row.path not in work.gone
        ]
        work.also = plan.also
        missing: list[New] = []
        for folded_key, new in puts.items():
            notes = notes_of(new, key_tag(key), tip.now)
            if (row := plan.origins.get(folded_key)) is not None:
                work.put[new.path] = Copy(row.where, row.path, notes)
            elif (data := plan.contents.get(new.sha256)) is not None:
                work.put[new.path] = Upload(data, notes)
            elif (kept := await self._kept(author, tip, new)) is not None:
                if isinstance(kept, Row):
                    plan.origins[folded_key] = kept
                    work.put[new.path] = Copy(kept.where, kept.path, notes)
                else:
                    work.put[new.path] = Upload(kept, notes)
            else:
                missing.append(new)
        if missing:
            raise _not_kept(missing)
        return work

    async def _kept(self, author: Author, tip: Tip, new: New) -> memoryview | bytes | Row | None:
        """The content that a change names: kept for it, or in the version before."""
        try:
            payload = await self._blobs.open(author.workspace, new.sha256, new.media_type)
        except BlobMissing:
            like = (new.sha256, new.media_type)
            rows = tip.tree.rows.values()
            return next((row for row in rows if (row.sha256, row.media_type) == like), None)
        return payload.data


def _size(work: Upload | Copy, plan: Plan, key: str) -> int:
    return len(work.data) if isinstance(work, Upload) else plan.origins[key].size


def _said(command: Changing, commit: str | None) -> Json:
    if isinstance(command, asks.Merge | asks.Revert):
        return Merged(commit=commit).model_dump(mode="json")
    return commit


def _as_expected(tip: Tip, expected: str | None) -> None:
    if expected is None or expected == (tip.head or ""):
        return
    newest = f"its newest commit is {tip.head[:12]}…" if tip.head else "it has no commit yet"
    raise WriteConflict(
        f"{tip.branch!r} has moved on meanwhile: {newest}.", remedy="Look at it, then try again."
    )


def _not_kept(missing: list[New]) -> MemoryRefused:
    named = ", ".join(f"{new.path!r} ({new.sha256[:12]}…, {new.media_type})" for new in missing[:3])
    return MemoryRefused(
        f"The content of {named}{' and others' if len(missing) > 3 else ''} is not kept here.",
        remedy="Send the content first (`files.keep`), with the same media type.",
    )


_LOCK = "SELECT pg_advisory_xact_lock(0x70616966, hashtext(%s))"
_NOW = "SELECT date_trunc('milliseconds', clock_timestamp())"
_TRY = """
INSERT INTO pai.file_try (workspace, key, since) VALUES (%s, %s, %s)
ON CONFLICT (workspace, key) DO UPDATE SET tries = file_try.tries + 1
"""
_TRIED = "SELECT since, tries FROM pai.file_try WHERE workspace = %s AND key = %s"
_DONE = "DELETE FROM pai.file_try WHERE workspace = %s AND key = %s"
