"""A Git repository in a folder, as dulwich has it, and which of its commits are whose."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....errors import LabError

Repo = Any
"""`dulwich.repo.Repo`, whose types tell names of references and ids apart; ours are bytes."""

HEADS, TAGS = b"refs/heads/", b"refs/tags/"
MARKS = "persistentai-marks"
"""In the repository's own folder: which commit of ours became which of Git's, a line each."""
PLAIN, PROGRAM, LINK, MODULE = 0o100644, 0o100755, 0o120000, 0o160000
SHOWN = 20


class GitRefused(LabError):
    """A repository can't be read or written so; carries every problem found."""

    code = "git_refused"
    http_status = 409

    def __init__(self, message: str, *, remedy: str, problems: tuple[str, ...] = ()) -> None:
        self.problems = problems
        told = "".join(f"\n  - {each}" for each in problems[:SHOWN])
        more = f"\n  … and {len(problems) - SHOWN:,} more" if len(problems) > SHOWN else ""
        super().__init__(f"{message}{told}{more}", remedy=remedy)


def open_repository(folder: Path) -> Repo:
    """The repository in a folder. Raises `GitRefused`."""
    need_dulwich()
    from dulwich.errors import NotGitRepository
    from dulwich.repo import Repo as Git

    try:
        return Git(str(folder))
    except NotGitRepository:
        raise GitRefused(
            f"There is no Git repository in {folder}.", remedy="Name the folder that has `.git`."
        ) from None


def open_or_begin(folder: Path) -> Repo:
    """The same; a folder that isn't there, or is empty, becomes a bare repository."""
    need_dulwich()
    from dulwich.repo import Repo as Git

    if folder.exists() and any(folder.iterdir()):
        return open_repository(folder)
    repo: Any = Git.init_bare(str(folder), mkdir=not folder.exists())
    repo.refs.set_symbolic_ref(b"HEAD", HEADS + b"main")
    return repo


def need_dulwich() -> None:
    """Raises `GitRefused` where what Git needs isn't installed."""
    try:
        import dulwich  # noqa: F401
    except ImportError:
        raise GitRefused(
            "Reading and writing Git repositories needs dulwich, which is not installed here.",
            remedy="pip install 'persistentai-lab[git]'",
        ) from None


def marks(repo: Repo) -> dict[str, str]:
    """Commits of ours, each with what it became, of which the repository still has it."""
    file = Path(repo.controldir()) / MARKS
    if not file.exists():
        return {}
    pairs = (line.split() for line in file.read_text().splitlines())
    return {ours: git for ours, git in pairs if git.encode() in repo.object_store}


def mark(repo: Repo, known: Mapping[str, str]) -> None:
    """Note them, all or nothing."""
    file = Path(repo.controldir()) / MARKS
    part = file.with_suffix(".part")
    part.write_text("".join(f"{ours} {git}\n" for ours, git in sorted(known.items())))
    part.replace(file)
