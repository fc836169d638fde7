"""What may be asked of files, and done to them."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ...ids import Json
from ..layer import Command, Query
from .model import MAIN, BranchName, Sha256
from .path import check_folder, checked

PAGE_MAX = 10_000
CHANGES_MAX = 100_000
"""Of one commit."""
PIECE_MAX = 256 * 1024 * 1024
"""Bytes that are read, or kept, at once; what is larger goes in pieces, or as a stream."""
PathName = Annotated[str, AfterValidator(checked)]
Folder = Annotated[str, AfterValidator(check_folder)]
At = Annotated[str, Field(min_length=1, max_length=200)] | None
"""A tag, a commit (or the beginning of its id), or a moment in ISO form; None is the newest."""
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


QUERIES: tuple[type[Query], ...] = (StatFile, ReadFile, ListFiles, KeepBytes)
COMMANDS: tuple[type[Command], ...] = (CommitFiles,)
