"""Commands about files of the Memory Tree: out to Git, in from Git, and where they live."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..client import Client
from ..ids import DEFAULT_WORKSPACE
from .memory_commands import NotIntact
from .run_commands import AsJson
from .show import print_json

if TYPE_CHECKING:
    from ..storage.moving import Moved

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


@files.command()
def migrate(
    to: Annotated[str, typer.Option(metavar="STORE", help="`lakefs` or `postgres`.")],
    workspace: Annotated[str, typer.Option(help="Whose files.")] = DEFAULT_WORKSPACE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be moved; change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Move a workspace's files to lakeFS, or back to Postgres, with all their history.

    Commits keep their author, message, time, key and parents; their ids become new ones, and the
    old are still understood in lakeFS. People go on working; at the end their writing waits while
    the rest is copied and every branch and tag is compared, file by file. What was cut off goes on
    when it is said again. The runtime needs the same PERSISTENTAI_LAKEFS_… settings as this
    command.
    """
    import asyncio
    from dataclasses import asdict

    if to not in ("lakefs", "postgres"):
        raise typer.BadParameter("it is `lakefs` or `postgres`", param_hint="--to")
    done = asyncio.run(_migrate(to, workspace, dry_run, quiet=as_json))
    if as_json:
        print_json(asdict(done))
        return
    names = f"{_counted(len(done.branches), 'branch', 'es')}, {_counted(len(done.tags), 'tag')}"
    if dry_run and not done.is_there:
        todo = _counted(done.copied, "commit")
        typer.echo(f"Would copy {todo} of {done.commits:,} to {to}: {names}.")
    elif done.compared or done.copied:
        typer.echo(f"✓ The files of {workspace!r} live in {to}: {names},")
        typer.echo(f"  {_counted(done.copied, 'commit')} copied now, all heads compared.")
    else:
        typer.echo(f"✓ The files of {workspace!r} live in {to}; there was nothing to move.")


async def _migrate(to: str, workspace: str, dry_run: bool, *, quiet: bool) -> "Moved":
    import os

    from ..ids import Workspace
    from ..security.identity import Identity
    from ..storage.blobs import Blobs
    from ..storage.home import Home
    from ..storage.moving import Mover
    from ..storage.outside import chosen
    from ..storage.plainly import plainly
    from ..storage.pool import make_pool

    def say(n: int, of: int) -> None:
        if not quiet and n % 100 == 0:
            typer.echo(f"  {n:,} of {_counted(of, 'commit')}", err=True)

    home = Home.open()
    with plainly():
        async with make_pool(home.database_url, name="migrate", min_size=1, max_size=4) as pool:
            blobs = Blobs(pool, chosen(home.blobs))
            mover = Mover(pool, blobs, os.environ, Workspace(workspace), Identity.local().user)
            return await mover.move(to, dry_run=dry_run, say=say)


def _counted(n: int, what: str, many: str = "s") -> str:
    return f"{n:,} {what}{many * (n != 1)}"
