"""A run that was just asked for: watched until its end, and reported."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from ..client import Blob, Client, Expired, RunDetail, RunStarted, Value
from ..client.wire import to_json
from ..errors import LabError
from .interrupt import leaving_at_once
from .show import mark, print_json

Report = dict[str, Any]


@contextmanager
def refusals_told(*, as_json: bool) -> Iterator[None]:
    """Have a refusal told on standard output, too, where somebody waits for JSON there."""
    try:
        yield
    except LabError as error:
        if as_json:
            print_json({"run_id": None, "status": "refused", "outputs": {}, "error": _told(error)})
        raise


def carry_out(client: Client, started: RunStarted, *, no_wait: bool, quiet: bool) -> Report:
    """Watch a run that has begun, and tell what came of it. Ctrl-C only stops watching."""
    run_id = started.run_id
    if no_wait:
        if not quiet:
            typer.echo(run_id)
        return {"run_id": run_id, "status": started.status, "outputs": {}, "error": None}
    detached: Report = {"run_id": run_id, "status": "detached", "outputs": {}, "error": None}
    farewell = (
        f"\nNo longer watching. The run goes on: persistentai events {run_id} --follow\n"
        f"To stop it: persistentai cancel {run_id}\n"
    )
    with leaving_at_once(farewell, json.dumps(detached, indent=2) + "\n" if quiet else ""):
        return _report(client, _watch(client, run_id, quiet=quiet))


def look_back(client: Client, run_id: str, *, quiet: bool) -> Report:
    """Show a run once more as it is recorded, and tell what came of it. Runs nothing."""
    from .progress import Progress

    run = client.run(run_id)
    if not quiet:
        typer.echo(f"Run {run_id}, as recorded", err=True)
        progress = Progress(run_id)
        for event in client.events(run_id):
            for line in progress.lines(event):
                progress.say(line)
    return _report(client, run)


def conclude(report: Report, *, as_json: bool, no_wait: bool) -> None:
    """Print a report. Exits with 1 unless the run completed, or nobody waits for it."""
    if as_json:
        print_json(report)
    elif report["status"] == "completed":
        _print_outputs(report["outputs"])
    elif report["error"]:
        print_failure(report)
    if not no_wait and report["status"] != "completed":
        raise typer.Exit(1)


def _watch(client: Client, run_id: str, *, quiet: bool) -> RunDetail:
    from .progress import Progress

    if quiet:
        return client.wait(run_id)
    typer.echo(f"Run {run_id}", err=True)
    progress = Progress(run_id)
    status = ""
    try:
        progress.begin(client.run(run_id))
        for event in client.follow(run_id, on_lost=progress.lost):  # of an ended run, too
            progress.take(event)
        ended = client.wait(run_id)
        status = ended.status
    finally:
        progress.end(status)
    return ended


def _report(client: Client, run: RunDetail) -> Report:
    error = run.error
    return {
        "run_id": run.run_id,
        "status": run.status,
        "outputs": {name: _plain(client, value) for name, value in (run.outputs or {}).items()},
        "error": None
        if error is None
        else {"code": error.code, "message": error.message, "remedy": error.remedy},
    }


def _plain(client: Client, value: Value) -> Any:
    """JSON as itself, however large; anything else as what it is and where."""
    if isinstance(value, Expired):
        return to_json(value)
    if not isinstance(value, Blob):
        return value.json
    if value.media_type == "application/json":
        return client.json_value(value)
    return {"ref": value.ref, "media_type": value.media_type, "size": value.size}


def _print_outputs(outputs: dict[str, Any]) -> None:
    for name, value in outputs.items():
        if len(outputs) > 1:
            typer.echo(typer.style(f"{name}:", bold=True))
        if isinstance(value, str):
            typer.echo(value)
        else:
            print_json(value)


def print_failure(report: Report) -> None:
    """Say why a run has no outputs."""
    error = report["error"]
    typer.echo(f"{mark(report['status'])} Run {report['run_id']} {report['status']}", err=True)
    typer.echo(f"  {error['message']}", err=True)
    if error["remedy"]:
        typer.echo(f"  → {error['remedy']}", err=True)


def _told(error: LabError) -> dict[str, Any]:
    told: dict[str, Any] = {
        "code": error.code, "message": error.message, "remedy": error.remedy,
    }  # fmt: skip
    problems = getattr(error, "problems", ())
    return told | ({"problems": [item.to_json() for item in problems]} if problems else {})
