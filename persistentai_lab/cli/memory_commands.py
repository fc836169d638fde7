"""Commands about memory, a group a layer."""

from pathlib import Path
from typing import Annotated

import typer

from ..client import Client
from ..errors import LabError
from .run_commands import AsJson
from .show import print_json

memory = typer.Typer(help="Look after what agents remember.", no_args_is_help=True)
feed = typer.Typer(help="Feeds: rooms and sessions, append-only.", no_args_is_help=True)
memory.add_typer(feed, name="feed")
FeedName = Annotated[str, typer.Argument(metavar="FEED", help="Its name, such as `room/support`.")]


class NotIntact(LabError):
    """What was verified is not as it was written."""

    code = "not_intact"
    http_status = 409


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(memory, name="memory")


@feed.command(name="export")
def export_feed(
    name: FeedName,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="By default: print it.")] = None,
) -> None:
    """Write a feed as JSON Lines, with the chain that proves it."""
    with Client() as client:
        pieces = client.memory.feed.export(name)
        if to is None:
            out = typer.get_binary_stream("stdout")
            for piece in pieces:
                out.write(piece)
            return
        part = to.with_name(f"{to.name}.part")
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        part.replace(to)


@feed.command(name="import")
def import_feed(
    name: FeedName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As `export` wrote it.")],
) -> None:
    """Make a feed of an exported file, if it is whole and nobody altered it."""
    with Client() as client:
        seq = client.memory.feed.import_(name, file)
    typer.echo(f"✓ {name}: {seq:,} entries, every link holds.")


@feed.command()
def verify(
    name: Annotated[str | None, typer.Argument(metavar="FEED", help="A feed's name.")] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Verify an exported file; needs no runtime.")
    ] = None,
    anchor: Annotated[
        str | None,
        typer.Option(metavar="SEQ:HASH", help="Position and hash as you noted them elsewhere."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Follow the chain of a feed from its first entry to its last.

    What it prints at the end is an anchor: noted somewhere else, it proves later that nothing
    before it was changed.
    """
    from ..client.memory.feed import verify_file

    if (name is None) == (file is None):
        raise typer.BadParameter("Name a feed, or a file with --file.")
    if file is not None:
        verdict = verify_file(file)
    else:
        with Client() as client:
            verdict = client.memory.feed.verify(str(name), anchor=anchor)
    if as_json:
        print_json({"intact": verdict.is_intact, **verdict.model_dump(mode="json")})
    if verdict.broken:
        raise NotIntact(
            f"{verdict.feed}: entry {verdict.broken.seq}: {verdict.broken.what}.",
            remedy="What stands before it is as it was written.",
        )
    if not as_json:
        typer.echo(f"✓ {verdict.feed}: {verdict.seq:,} entries ({verdict.erased:,} erased) hold.")
        typer.echo(f"  anchor: {verdict.seq}:{verdict.hash}")
