"""The command about how long values of old runs are kept."""

from dataclasses import replace
from typing import Annotated

import typer

from ..client import Client, Kept, Sweep
from ..errors import LabError
from .run_commands import AsJson
from .show import print_json

FOR_EVER = "forever"
_DAYS = "A number of days, or `forever`."


class BadPolicy(LabError):
    """What was typed is no length of time."""

    code = "bad_policy"
    http_status = 422


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(retention)


def retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would go; change nothing.")
    ] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Let go of what is due now.")] = False,
    keep_days: Annotated[
        str | None, typer.Option(metavar="DAYS", help=f"Keep values of runs so long. {_DAYS}")
    ] = None,
    keep_failed_days: Annotated[
        str | None, typer.Option(metavar="DAYS", help="The same for runs that failed.")
    ] = None,
    keep_last: Annotated[
        int | None,
        typer.Option(min=0, help="Keep so many runs of each flow, however old they are."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show or choose how long the values of old runs are kept.

    What ran, when, for whom, and the hashes and sizes of values stay for ever. The values
    themselves go when a run is older than its days and is not among the last of its flow. A worker
    looks now and then; --sweep does it now.
    """
    with Client() as client:
        now = client.retention()
        wanted = _changed(now.policy, keep_days, keep_failed_days, keep_last)
        due = now.due if wanted == now.policy else client.would_let_go(wanted)
        done = Sweep(runs=0, blobs=0, blob_bytes=0)
        if not dry_run and wanted != now.policy:
            client.keep(wanted)
        if not dry_run and sweep:
            for part in client.sweep():
                done = _sum(done, part)
    if as_json:
        from ..client.wire import to_json

        print_json({"policy": to_json(wanted), "due": to_json(due), "done": to_json(done)})
        return
    typer.echo(_policy(wanted))
    if dry_run or not sweep:
        typer.echo(f"Due now: values of {due.runs:,} runs; {_bytes(due)} that no run refers to.")
    else:
        typer.echo(f"Let go: values of {done.runs:,} runs; {_bytes(done)}.")


def _changed(kept: Kept, days: str | None, failed: str | None, last: int | None) -> Kept:
    if days is not None:
        kept = replace(kept, keep_days=_days(days))
    if failed is not None:
        kept = replace(kept, keep_failed_days=_days(failed))
    return kept if last is None else replace(kept, keep_last=last)


def _days(text: str) -> int | None:
    if text == FOR_EVER:
        return None
    if not text.isdecimal():
        raise BadPolicy(f"{text!r} is no number of days.", remedy=_DAYS)
    return int(text)


def _sum(one: Sweep, other: Sweep) -> Sweep:
    return Sweep(
        runs=one.runs + other.runs,
        blobs=one.blobs + other.blobs,
        blob_bytes=one.blob_bytes + other.blob_bytes,
        legs=one.legs + other.legs,
        longest_s=max(one.longest_s, other.longest_s),
    )


def _policy(kept: Kept) -> str:
    last = f"the last {kept.keep_last} of each flow" if kept.keep_last else "none for being recent"
    return (
        f"Values of runs are kept {_long(kept.keep_days)}, of failed ones "
        f"{_long(kept.keep_failed_days)}; {last} in any case."
    )


def _long(days: int | None) -> str:
    return "for ever" if days is None else f"{days} days"


def _bytes(swept: Sweep) -> str:
    return f"{swept.blobs:,} blobs ({swept.blob_bytes / 1e6:,.1f} MB)"
