"""Commands about files of the Memory Tree: out to Git, in from Git."""

from pathlib import Path
from typing import Annotated

import typer

from ..client import Client

files = typer.Typer(help="Files: branches of versions, and Git.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Of the Git repository.")]
Branches = Annotated[
    list[str] | None, typer.Argument(metavar="BRANCH…", help="By default: all, with all tags.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(files, name="files")


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
