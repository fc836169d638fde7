"""Commands about the runtime: start, stop, look at it; and its processes themselves."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..client.words import ago, shorten
from ..errors import LabError
from .show import mark, print_json, print_table

if TYPE_CHECKING:
    from .. import supervisor
    from ..storage.home import Home

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (up, down, status, worker, serve):
        app.command()(command)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(lab)


def _home() -> "Home":
    from ..storage.home import Home

    return Home.open()


def up(
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many worker processes; default: as before, or 1.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start the local runtime: database, gateway, workers. Does nothing if it is up."""
    from .. import supervisor

    _print_status(supervisor.up(_home(), workers=workers), as_json=as_json)


def down() -> None:
    """Stop the local runtime. Runs are kept and go on at the next `up`."""
    from .. import supervisor

    supervisor.down(_home())
    typer.echo("Stopped. Runs are kept; `persistentai up` lets them go on.")


def status(as_json: AsJson = False) -> None:
    """Say which processes run, with their pids. The exit code is 0 when flows can run."""
    from .. import supervisor

    found = supervisor.status(_home())
    _print_status(found, as_json=as_json)
    if not found.is_up:
        raise typer.Exit(1)


def _print_status(found: "supervisor.Status", *, as_json: bool) -> None:
    if as_json:
        told = [process.model_dump(mode="json") for process in found.processes]
        problems = list(found.problems)
        print_json({"up": found.is_up, "home": found.home, "processes": told, "problems": problems})
        return
    rows = []
    for process in found.processes:
        detail = process.detail.strip().splitlines()
        rows.append(
            (
                process.name,
                _state(process.state),
                str(process.pid or ""),
                ago(process.since),
                str(process.restarts or ""),
                shorten(detail[-1] if detail else "", 70),
            )
        )
    print_table(("process", "state", "pid", "since", "restarts", ""), rows)
    for problem in found.problems:
        typer.echo(f"{mark('failed')} {problem}", err=True)


def _state(state: str) -> str:
    """A process that runs is as it should be; a run that runs is not there yet."""
    shape = "completed" if state == "running" else state
    return f"{mark(shape)} {state.replace('_', ' ')}"


def worker() -> None:
    """Run one worker in this process. More workers: the same command, the same database URL."""
    from ..engine.worker import run_worker

    run_worker(_home())


def serve(
    uds: Annotated[Path | None, typer.Option(help="Listen on this unix socket.")] = None,
    host: Annotated[str, typer.Option(help="Listen on this address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen on this port.")] = 8787,
) -> None:
    """Run the gateway in this process."""
    from ..gateway.serve import serve as serve_here

    if uds is not None:
        serve_here(_home(), uds=uds)
    else:
        serve_here(_home(), host=host, port=port)


def lab(
    context: typer.Context,
    notebooks: Annotated[
        Path | None, typer.Option(help="Folder to open; default: ./notebooks, else this one.")
    ] = None,
) -> None:
    """Start the runtime, then JupyterLab. Further arguments go to `jupyter lab`."""
    from .. import supervisor
    from ..storage.home import FILES_VARIABLE

    here = Path.cwd()
    folder = notebooks or (here / "notebooks" if (here / "notebooks").is_dir() else here)
    os.environ.setdefault(FILES_VARIABLE, str(folder.resolve()))
    try:
        supervisor.up(_home())
    except LabError as error:  # Lab opens all the same: its panels say why and what to do
        typer.echo(f"✗ {error.message}\n  → {error.remedy}", err=True)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
    if os.geteuid() == 0:  # in a container; Jupyter wants to be told that we mean it
        command.append("--allow-root")
    os.execv(sys.executable, [*command, *context.args])
