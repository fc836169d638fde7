"""Entry point: runs a command, turns every error into one message that says what to do."""

import os
import sys

import typer

from ..errors import FlowInvalid, FlowNotFound, LabError, TraceError
from ..uncaught import wants_stack
from . import (
    again_commands,
    files_commands,
    flow_commands,
    limit_commands,
    memory_commands,
    people_commands,
    retention_commands,
    run_commands,
    runtime_commands,
    trigger_commands,
)

FAILED = 1
MISUSED = 2
"""The request itself is wrong: trying again without changing it cannot help."""

app = typer.Typer(
    name="persistentai",
    help="Durable agent flows: start the runtime, run flows, watch them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
runtime_commands.register(app)
run_commands.register(app)
people_commands.register(app)
again_commands.register(app)
retention_commands.register(app)
flow_commands.register(app)
limit_commands.register(app)
trigger_commands.register(app)
memory_commands.register(app)
files_commands.register(app)


def main() -> None:
    """Run the command of this process and exit."""
    try:
        app(prog_name="persistentai")
    except LabError as error:
        if wants_stack():
            raise
        complain(error)
        misused = isinstance(error, FlowInvalid | FlowNotFound | TraceError)
        sys.exit(MISUSED if misused else FAILED)
    except BrokenPipeError:  # `persistentai events r-1 | head`: the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:
        if wants_stack():
            raise
        typer.echo(
            f"✗ A fault of persistentai itself: {type(error).__name__}: {error}\n"
            "  → PERSISTENTAI_DEBUG=1 shows where; please report it.",
            err=True,
        )
        sys.exit(FAILED)


def complain(error: LabError) -> None:
    """Say what is wrong and what to do, on standard error."""
    cross = typer.style("✗", fg=typer.colors.RED)
    typer.echo(f"{cross} {error.message}", err=True)
    if error.remedy:
        typer.echo(f"  → {error.remedy}", err=True)
