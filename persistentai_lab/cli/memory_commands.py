"""Commands about memory, a group a layer."""

from collections.abc import Iterable
from datetime import UTC, datetime
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
history = typer.Typer(help="History: what runs did, and the proof of it.", no_args_is_help=True)
memory.add_typer(history, name="history")
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
        _write(pieces, to)


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


@history.command(name="export")
def export_history(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="RUN…", help="Ids of runs, `r-…`.")
    ] = None,
    to: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it.")] = Path(
        "bundle.zip"
    ),
    since: Annotated[datetime | None, typer.Option(help="Runs made since; UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Runs made until; UTC.")] = None,
) -> None:
    """Write an audit bundle of runs: all that is recorded of them, and a script that proves it.

    Name runs, or a span of time.
    """
    if not runs and since is None and until is None:
        raise typer.BadParameter("Name runs, or a time with --since.")
    with Client() as client:
        found = client.memory.history.bundle(runs or (), since=_utc(since), until=_utc(until))
        _write(found, to)
    typer.echo(f"✓ {to}: anybody can check it with the script inside, `verify_bundle.py`.")


@history.command(name="verify")
def verify_run(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, `r-…`.")],
    as_json: AsJson = False,
) -> None:
    """Whether what is recorded of a run is what was sealed when it had ended."""
    with Client() as client:
        sealed = client.memory.history.verify(run)
    if as_json:
        print_json(sealed.model_dump(mode="json"))
    if not sealed.is_intact:
        raise NotIntact(f"Run {run}: {sealed.what}.", remedy="Compare with a bundle made before.")
    if not as_json and sealed.n is None:
        typer.echo("It is not sealed yet: that takes a few seconds after its end.")
    elif not as_json:
        typer.echo(f"✓ {run} is as it was sealed.\n  anchor: {sealed.n}:{sealed.hash}")


def _utc(at: datetime | None) -> datetime | None:
    return at and at.replace(tzinfo=UTC)


def _write(pieces: Iterable[bytes], to: Path) -> None:
    """The whole file, or none."""
    part = to.with_name(f"{to.name}.part")
    with part.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    part.replace(to)
