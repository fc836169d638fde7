"""What may be asked of files, and done to them."""

from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ...errors import MemoryRefused
from ...ids import Json
from ..layer import Command, Query
from .model import MAIN, BranchName, Sha256, TagName
from .path import check_folder, checked

T = TypeVar("T")
PAGE_MAX = 10_000
CHANGES_MAX = 100_000
"""Of one commit."""
PIECE_MAX = 256 * 1024 * 1024
"""Bytes that are read, or kept, at once; what is larger goes in pieces, or as a stream."""
PathName = Annotated[str, AfterValidator(checked)]
Folder = Annotated[str, AfterValidator(check_folder)]
At = Annotated[str, Field(min_length=1, max_length=200)] | None
"""A tag, a commit (or the beginning of its id), or a moment in ISO form; None is the newest."""
Ref = Annotated[str, Field(min_length=1, max_length=300)]
"""A version: a branch, a tag, a commit, or a branch as it was then (`main@2026-11-30T09:30Z`)."""
Key = Annotated[str, Field(min_length=1, max_length=500)] | None
Message = Annotated[str, Field(max_length=10_000)]
Meta = dict[str, Json]
MediaType = Annotated[str, Field(pattern=r"^[\w.+-]{1,60}/[\w.+-]{1,60}$")]


class _Versioned(Query):
    branch: BranchName = MAIN
    at: At = None


class StatFile(_Versioned):
    """What is under a path. Answers with `Stat`; a folder is one when files lie in it."""

    op: ClassVar[str] = "files.stat"

    path: PathName


class ReadFile(_Versioned):
    """The bytes of a file, from `start` on. Answers with `Stat`, and with the bytes as data."""

    op: ClassVar[str] = "files.read"

    path: PathName
    start: Annotated[int, Field(ge=0)] = 0
    size: Annotated[int, Field(ge=0, le=PIECE_MAX)] | None = None
    """None reads to the end, if that is not too much at once."""


class ListFiles(_Versioned):
    """What lies in a folder, by name. Answers with `list[Stat]`."""

    op: ClassVar[str] = "files.list"

    folder: Folder = ""
    recursive: bool = False
    """All files below it, instead of its own files and folders."""
    after: str = ""
    """The last path of the page before."""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 1_000


class KeepBytes(Query):
    """Keep content, so that a commit can put it under a path. Answers with a `Version`.

    Not yet a change: content that no version refers to goes after a day.
    """

    op: ClassVar[str] = "files.keep"

    media_type: MediaType = "application/octet-stream"


class FindFiles(_Versioned):
    """Files by a pattern: `*` and `?` within a name, `**` across folders. Answers `list[Stat]`."""

    op: ClassVar[str] = "files.find"

    pattern: Annotated[str, Field(min_length=1, max_length=1_000)]
    after: str = ""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 1_000


class LogFiles(_Versioned):
    """Commits, newest first: a branch's own, or those that changed a path. `list[Commit]`."""

    op: ClassVar[str] = "files.log"

    path: PathName | None = None
    before: str | None = None
    """The last commit of the page before."""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 100


class DiffFiles(Query):
    """Paths that differ between two versions. Answers with `list[Change]`, by path."""

    op: ClassVar[str] = "files.diff"

    a: Ref | None = None
    """None is the version before `b`."""
    b: Ref = MAIN
    after: str = ""
    limit: Annotated[int, Field(ge=1, le=CHANGES_MAX)] = 10_000


class CompareFile(Query):
    """How the content of a path differs between two versions. Answers with `Difference`."""

    op: ClassVar[str] = "files.compare"

    path: PathName
    a: Ref | None = None
    b: Ref = MAIN


class BlameFile(_Versioned):
    """The lines of a text, each with the commit that made it. Answers with `list[Line]`."""

    op: ClassVar[str] = "files.blame"

    path: PathName


class VerifyFiles(Query):
    """Whether all commits are as they were made. Answers with `FilesVerdict`."""

    op: ClassVar[str] = "files.verify"

    anchor: Sha256 | None = None
    """A commit that was noted elsewhere: it must be among them."""


class ListBranches(Query):
    """Branches by name. Answers with `list[Branch]`."""

    op: ClassVar[str] = "files.branches"


class ListTags(Query):
    """Tags by name. Answers with `list[Tag]`."""

    op: ClassVar[str] = "files.tags"


class _Part(BaseModel):
    """Of a commit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: PathName


class Put(_Part):
    """This content under this path. It has to be kept already (`files.keep`)."""

    do: Literal["put"] = "put"
    sha256: Sha256
    media_type: MediaType = "application/octet-stream"
    meta: Meta = Field(default_factory=dict)
    was: str | None = None
    """The hash that must be there now, or `""` for no file; else the commit is refused."""


class Delete(_Part):
    """The path, or with `recursive` the folder, is gone."""

    do: Literal["delete"] = "delete"
    recursive: bool = False
    was: str | None = None


class Move(_Part):
    """The file, or the folder with all in it, has another path."""

    do: Literal["move"] = "move"
    to: PathName


AnyChange = Annotated[Put | Delete | Move, Field(discriminator="do")]


class CommitFiles(Command):
    """Change files of a branch: all of it, or nothing. `main` begins with its first commit.

    Its receipt is the commit's id.
    """

    op: ClassVar[str] = "files.commit"

    branch: BranchName = MAIN
    changes: Annotated[tuple[AnyChange, ...], Field(min_length=1, max_length=CHANGES_MAX)]
    message: Message = ""
    meta: Meta = Field(default_factory=dict)
    expected: str | None = None
    """The commit that must be the branch's newest, or `""` for none: else it is refused."""
    key: Key = None
    """A second commit with the same key is the first one again."""

    @property
    def target(self) -> str:
        """The branch."""
        return self.branch


class _OnBranch(Command):
    branch: BranchName = MAIN
    message: Message = ""
    expected: str | None = None
    """The commit that must be the branch's newest, or `""` for none: else it is refused."""
    key: Key = None
    """A second time with the same key is the first one again."""

    @property
    def target(self) -> str:
        """The branch."""
        return self.branch


class TakeOver(_OnBranch):
    """Enter a version that was made elsewhere, so that its history stays what it is.

    Unlike a commit it may change nothing, and it may have come from several versions.
    """

    op: ClassVar[str] = "files.take_over"

    changes: Annotated[tuple[AnyChange, ...], Field(max_length=CHANGES_MAX)] = ()
    """Since the branch's newest version."""
    also: Annotated[tuple[Ref, ...], Field(max_length=100)] = ()
    """Other versions that it has come from."""
    meta: Meta = Field(default_factory=dict)


class CreateBranch(Command):
    """Begin a branch from a version; as quick for a million files as for one."""

    op: ClassVar[str] = "files.branch"

    name: BranchName
    source: Ref = MAIN

    @property
    def target(self) -> str:
        """The branch."""
        return self.name


class DeleteBranch(Command):
    """Take a pointer away. Commits stay, and can be named."""

    op: ClassVar[str] = "files.delete_branch"

    name: BranchName

    @property
    def target(self) -> str:
        """The branch."""
        return self.name


class TagVersion(Command):
    """Give a version a name that stays with it."""

    op: ClassVar[str] = "files.tag"

    name: TagName
    version: Ref = MAIN
    message: Message = ""

    @property
    def target(self) -> str:
        """The tag."""
        return self.name


class DeleteTag(Command):
    """Take a name from a version."""

    op: ClassVar[str] = "files.delete_tag"

    name: TagName

    @property
    def target(self) -> str:
        """The tag."""
        return self.name


class Restore(_OnBranch):
    """Bring back an older version, or some paths of it, as a new commit."""

    op: ClassVar[str] = "files.restore"

    to: Annotated[str, Field(min_length=1, max_length=300)]
    """A commit, a tag, another branch, or a moment of this one."""
    paths: tuple[PathName, ...] | None = None
    """Files and folders; None is everything."""


class EraseFile(_OnBranch):
    """Erase what a path had in it from all versions, on all branches, for good.

    Its name stays, and the chain still verifies: a commit on this branch says what was erased.
    """

    op: ClassVar[str] = "files.erase"

    path: PathName
    reason: Message = ""


class Resolution(BaseModel):
    """How a conflict is settled: by a side of it, or by content that is kept already."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    take: Literal["ours", "theirs", "base", "neither"] | None = None
    """`neither`: the file goes."""
    sha256: Sha256 | None = None
    media_type: MediaType = "application/octet-stream"

    def side(self, path: str, base: T, ours: T, theirs: T) -> T | None:
        """The side that it takes. Raises `MemoryRefused` when it says nothing."""
        if self.take is None:
            raise MemoryRefused(
                f"The resolution for {path!r} says nothing.",
                remedy='Say `{"take": "ours"}`, `theirs`, `base` or `neither`, or name content.',
            )
        return {"ours": ours, "theirs": theirs, "base": base, "neither": None}[self.take]


class _Merging(_OnBranch):
    favour: Literal["ours", "theirs"] | None = None
    """Which side stands where both have changed the same."""
    resolutions: dict[str, Resolution] = Field(default_factory=dict)
    """By path."""
    conflicts: Literal["refuse", "report"] = "refuse"
    """Whether conflicts are an error, or the receipt tells them. Nothing is changed either way."""


class Merge(_Merging):
    """Bring what happened on another branch into this one. Its receipt is a `Merged`."""

    op: ClassVar[str] = "files.merge"

    source: Ref


class Revert(_Merging):
    """Undo one commit, keeping what came after it. Its receipt is a `Merged`."""

    op: ClassVar[str] = "files.revert"

    commit: Annotated[str, Field(min_length=8, max_length=64)]


QUERIES: tuple[type[Query], ...] = (
    StatFile, ReadFile, ListFiles, FindFiles, KeepBytes, LogFiles, DiffFiles, CompareFile,
    BlameFile, VerifyFiles, ListBranches, ListTags,
)  # fmt: skip
COMMANDS: tuple[type[Command], ...] = (
    CommitFiles, CreateBranch, DeleteBranch, TagVersion, DeleteTag, Restore, Merge, Revert,
    TakeOver, EraseFile,
)  # fmt: skip
