"""What the changes of a commit come down to: which paths get which content, and which go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ...errors import MemoryRefused, NotInMemory, WriteConflict
from ...ids import Json
from .asks import Delete, Move, Put
from .path import apart, clash, folded, folders, in_the_way


class There(Protocol):
    """What the version before has under a path."""

    @property
    def path(self) -> str:
        """Its path."""
        ...

    @property
    def sha256(self) -> str:
        """Its content."""
        ...

    @property
    def media_type(self) -> str:
        """What it is."""
        ...

    @property
    def meta(self) -> dict[str, Json]:
        """What is noted with it."""
        ...


@dataclass(frozen=True, slots=True)
class New:
    """What a path is to have."""

    path: str
    sha256: str
    media_type: str
    meta: dict[str, Json] = field(default_factory=dict)
    came_from: str | None = None


@dataclass(slots=True)
class Settled:
    """The changes of a commit, by folded key."""

    puts: dict[str, New] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    """Key to path, of what is there now and will not be."""

    @property
    def keys(self) -> list[str]:
        """All keys that it changes."""
        return [*self.puts, *(key for key in self.gone if key not in self.puts)]

    @property
    def told(self) -> list[Json]:
        """The changes as the commit's hash takes them."""
        gone = set(self.gone.values()) - {new.path for new in self.puts.values()}
        rows: list[tuple[str, Json]] = [(path, [path]) for path in gone]
        rows += [(new.path, told_put(new.path, new)) for new in self.puts.values()]
        return [told for _, told in sorted(rows, key=lambda row: row[0])]


def told_put(path: str, new: There | New) -> list[Json]:
    """A change as the commit's hash takes it."""
    return [path, new.sha256, new.media_type, new.meta]


def keys_of(changes: Sequence[Put | Delete | Move]) -> list[str]:
    """The keys that have to be looked up before these can be settled."""
    keys = {folded(change.path) for change in changes}
    keys |= {folded(change.to) for change in changes if isinstance(change, Move)}
    return sorted(keys)


def settle(
    changes: Sequence[Put | Delete | Move],
    there: Mapping[str, There],
    inside: Mapping[str, Sequence[There]],
) -> Settled:
    """Settle changes, which count as made all at once.

    Args:
        changes: As they were said.
        there: What is there now, by the keys of `keys_of`.
        inside: For each folder that moves or goes, by its path: the files in it.

    Raises:
        NotInMemory: What is to go or to move isn't there.
        WriteConflict: A path has something else than was expected.
        MemoryRefused: Two changes contradict each other.
    """
    settled = Settled()
    for change in changes:
        row = there.get(folded(change.path))
        has = row if row is not None and row.path == change.path else None
        match change:
            case Put():
                _as_expected(change.path, change.was, has)
                new = New(change.path, change.sha256, change.media_type, change.meta)
                _put(settled, new)
            case Delete():
                _as_expected(change.path, change.was, has)
                for one in _meant(change.path, has, inside if change.recursive else {}):
                    _gone(settled, one.path)
            case Move():
                for one in _meant(change.path, has, inside):
                    _gone(settled, one.path)
                    to = change.to + one.path[len(change.path) :]
                    _put(settled, New(to, one.sha256, one.media_type, one.meta, one.path))
    return settled


def drop_what_is_so(settled: Settled, there: Mapping[str, There]) -> None:
    """Forget puts of what is there already."""
    for key, new in list(settled.puts.items()):
        row = there.get(key)
        if row is not None and key not in settled.gone and _same(new, row):
            del settled.puts[key]


def check_names(settled: Settled, there: Mapping[str, There]) -> None:
    """Refuse new paths that clash with each other, or with what stays. Raises `PathRefused`.

    Args:
        settled: The changes.
        there: What is there under the new keys and those of the folders that they lie in.
    """
    apart(new.path for new in settled.puts.values())
    for key, new in settled.puts.items():
        row = there.get(key)
        if row is not None and key not in settled.gone:
            clash(new.path, row.path)
        for folder in folders(new.path):
            in_place = folded(folder[:-1])
            if in_place in there and in_place not in settled.gone:
                in_the_way(there[in_place].path, folder)


def shelves(paths: Iterable[str]) -> dict[str, str]:
    """All folders that these paths lie in, by their folded keys."""
    return {folded(folder): folder for path in paths for folder in folders(path)}


def _put(settled: Settled, new: New) -> None:
    key = folded(new.path)
    if (other := settled.puts.get(key)) is not None:
        clash(new.path, other.path)
        raise _twice(new.path)
    if settled.gone.get(key) == new.path:
        raise _twice(new.path)
    settled.puts[key] = new


def _gone(settled: Settled, path: str) -> None:
    key = folded(path)
    if key in settled.gone or (key in settled.puts and settled.puts[key].path == path):
        raise _twice(path)
    settled.gone[key] = path


def _twice(path: str) -> MemoryRefused:
    return MemoryRefused(
        f"{path!r} is changed twice in one commit.", remedy="Say once what it is to be."
    )


def _meant(path: str, has: There | None, inside: Mapping[str, Sequence[There]]) -> Sequence[There]:
    if has is not None:
        return [has]
    if rows := inside.get(path):
        return rows
    raise NotInMemory(f"There is no file {path!r}.", remedy="List the folder to see what is there.")


def _as_expected(path: str, was: str | None, has: There | None) -> None:
    if was is None or was == (has.sha256 if has else ""):
        return
    now = f"has the content {has.sha256[:12]}…" if has else "is not there"
    raise WriteConflict(
        f"{path!r} has changed meanwhile: it {now}.", remedy="Read it again, then write."
    )


def _same(new: New, row: There) -> bool:
    return (new.path, new.sha256, new.media_type, new.meta) == (
        row.path, row.sha256, row.media_type, row.meta,
    )  # fmt: skip
