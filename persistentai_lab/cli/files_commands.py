"""Commands about files of the Memory Tree: out to Git, in from Git."""

from pathlib import Path
from typing import Annotated

import typer

from ..client import Client
from .memory_commands import NotIntact
from .run_commands import AsJson
from .show import print_json

files = typer.Typer(help="Files: branches of versions, and Git.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Of the Git repository.")]
Branches = Annotated[
    list[str] | None, typer.Argument(metavar="BRANCH…", help="By default: all, with all tags.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(files, name="files")


@files.command()
def verify(
    anchor: Annotated[
        str | None, typer.Option(metavar="COMMIT", help="A commit that you noted elsewhere.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute every commit's hash anew, and say where the chain breaks.

    What it prints at the end are anchors: noted somewhere else, they prove later that nothing
    before them was changed.
    """
    with Client() as client:
        verdict = client.memory.files.verify(anchor=anchor)
    if as_json:
        print_json({"intact": verdict.is_intact, **verdict.model_dump(mode="json")})
    if (broken := verdict.broken) is not None:
        where = f" on {broken.branch}" if broken.branch else ""
        raise NotIntact(
            f"Commit {broken.commit[:12]}{where}: {broken.what}.",
            remedy="What it came from is as it was written; what came after it can't be trusted.",
        )
    if not as_json:
        typer.echo(f"✓ {_counted(verdict.commits, 'commit')} ({verdict.erased:,} erased) hold.")
        for name, head in verdict.heads.items():
            typer.echo(f"  {name}: {head or 'no commit yet'}")


@files.command()
def erase(
    path: Annotated[str, typer.Argument(metavar="PATH", help="Such as `reports/today.txt`.")],
    reason: Annotated[str, typer.Option(help="Stays in the history.")] = "",
    branch: Annotated[str, typer.Option(help="Whose history says that it was erased.")] = "main",
    is_sure: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Erase what a file had in it from all versions, on all branches. It can't be had back.

    Its name stays, and the chain of commits still verifies.
    """
    if not is_sure:
        typer.confirm(f"Erase {path} from every version, for good?", abort=True)
    with Client() as client:
        done = client.memory.files.erase(path, branch=branch, reason=reason)
    typer.echo(f"✓ {_counted(done['versions'], 'version')} of {path} erased.")
    for other in done["also"]:
        typer.echo(f"  {other} has the same content, and keeps it.")


@files.command(name="export-git")
def export(folder: Folder, branches: Branches = None) -> None:
    """Write branches with their history into a Git repository that anybody can clone.

    A new folder becomes a bare repository. The same history always gets the same ids, and a second
    export adds what is new.
    """
    from ..client.memory.git import export_git

    with Client() as client:
        done = export_git(client.memory.files, folder, branches or ())
    typer.echo(f"✓ {_counted(done.commits, 'new commit')} in {folder}.")
    for name, git in {**done.branches, **done.tags}.items():
        typer.echo(f"  {name}: {git[:12]}")
    typer.echo(f"  git clone {folder}")


@files.command(name="import-git")
def bring(folder: Folder, branches: Branches = None) -> None:
    """Bring a Git repository's history in: every commit with its author, message and parents.

    Links, submodules and names that can't lie on any disk are refused, all at once, before
    anything is written. A second import brings what is new.
    """
    from ..client.memory.git import import_git

    with Client() as client:
        done = import_git(client.memory.files, folder, branches or ())
    typer.echo(f"✓ {_counted(done.commits, 'new commit')} from {folder}.")
    for name, commit in done.branches.items():
        typer.echo(f"  {name}: {(commit or '')[:12]}")
    if done.tags:
        typer.echo(f"  tags: {', '.join(done.tags)}")


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"
