"""Files, commits, branches and tags, as they are told."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...ids import Json

BranchName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,99}$")]
"""No slash in it: an address is `branch/path`."""
TagName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,99}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ERASED = "application/vnd.persistentai.erased"
"""Media type of what is left of a file whose content was erased: nothing."""
MAIN = "main"
"""The branch that is always there."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Stat(_Told):
    """A file or a folder of a version."""

    path: str
    kind: Literal["file", "folder"] = "file"
    sha256: str | None = None
    size: int | None = None
    media_type: str | None = None
    meta: dict[str, Json] = {}
    commit: str | None = None
    """That wrote it, and when."""
    at: datetime | None = None


class Commit(_Told):
    """A version of a branch, with how it came about."""

    id: str
    """Its hash: of its changes and, by its parents, of everything before."""
    parents: tuple[str, ...] = ()
    kind: str = "commit"
    """`commit`, `merge`, `restore`, `revert`, `erase`."""
    branch: str
    """Where it was made."""
    message: str = ""
    meta: dict[str, Json] = {}
    changed: int = 0
    """How many paths it changed."""
    restored: str | None = None
    """The version whose files it brought back."""
    at: datetime
    owner: str
    caller: str
    run: str | None = None
    path: str | None = None
    """Of the step that made it."""
    key: str | None = None


class Branch(_Told):
    """A pointer to a version, moved on by each commit."""

    name: str
    head: str | None
    created_at: datetime
    updated_at: datetime
    owner: str


class Tag(_Told):
    """A name for a version that stays where it is."""

    name: str
    commit: str
    message: str = ""
    at: datetime
    owner: str


class Version(_Told):
    """What one version has under a path."""

    sha256: str
    size: int
    media_type: str


class Change(_Told):
    """What became of a path between two versions."""

    path: str
    kind: Literal["added", "changed", "removed"]
    before: Version | None = None
    after: Version | None = None


class Conflict(_Told):
    """A path that two branches have changed differently."""

    path: str
    base: Version | None = None
    ours: Version | None = None
    theirs: Version | None = None
    hunks: list[Json] = []
    """Where, for text, JSON and notebooks; else the whole of it."""


class Merged(_Told):
    """What came of a merge."""

    commit: str | None = None
    """None when conflicts stand in the way: then nothing was changed."""
    changed: int = 0
    by_content: list[str] = []
    """Paths that both sides had changed, in different places."""
    conflicts: list[Conflict] = []


class FilesBreak(_Told):
    """The first commit that does not hold."""

    commit: str
    branch: str = ""
    """Where it was made."""
    what: str


class FilesVerdict(_Told):
    """What came of following the chain of commits."""

    commits: int
    """That hold."""
    erased: int
    """How many of them no longer say what they changed."""
    heads: dict[str, str | None]
    """Of branches: noted somewhere else, they prove later that nothing before was changed."""
    broken: FilesBreak | None = None

    @property
    def is_intact(self) -> bool:
        """Whether every commit holds."""
        return self.broken is None


class Line(_Told):
    """A line of a text, with the commit that made it what it is."""

    text: str
    commit: str
    at: datetime
    owner: str
    run: str | None = None
    message: str = ""


class Difference(_Told):
    """How the content of a path differs between two versions."""

    path: str
    before: Version | None = None
    after: Version | None = None
    kind: str
    """`text`, `json`, `notebook`, `table`, `bytes`; `same` when it doesn't."""
    details: Json = None
    """Hunks of lines, operations of a JSON patch, cells, or rows and cells of a table."""
    why: str = ""
    """Why it was not compared by more than its bytes, where the name promised more."""
