"""Commands about limits: how many runs of a flow, or of the workspace, may be under way at once."""

from typing import Annotated

import typer

from ..client import Client
from ..client.words import ago
from .show import print_json, print_table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FlowName = Annotated[
    str | None,
    typer.Argument(metavar="FLOW", help="Name of a flow; left out, the whole workspace."),
]

limits = typer.Typer(
    help="See or say how many runs may be under way at once, of a flow or of the workspace.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(limits, name="limits", invoke_without_command=True)


@limits.callback()
def all_limits(context: typer.Context, as_json: AsJson = False) -> None:
    """See or say how many runs may be under way at once, of a flow or of the workspace.

    Runs beyond a limit wait in the queue; the urgent first, then in the order they came. A run that
    waits for a person does not count.
    """
    if context.invoked_subcommand is None:
        list_(as_json=as_json)


@limits.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the limits, and how many runs are under way."""
    from ..client.wire import to_json

    with Client() as client:
        found = client.limits()
    if as_json:
        print_json([to_json(it) for it in found])
    elif not found:
        typer.echo("No limits. Set one: persistentai limits set 4 FLOW")
    else:
        rows = [
            (
                it.flow or "(workspace)",
                str(it.at_once),
                str(it.running),
                str(it.queued),
                it.by,
                ago(it.updated_at),
            )
            for it in found
        ]
        print_table(("flow", "at once", "running", "queued", "set by", "when"), rows)


@limits.command("set")
def set_(
    at_once: Annotated[
        int, typer.Argument(metavar="N", help="How many at once; with 0 none starts.")
    ],
    flow: FlowName = None,
) -> None:
    """Let no more than N runs be under way at once. What runs already goes on."""
    with Client() as client:
        client.set_limit(at_once, flow=flow or "")
    typer.echo(f"{_of(flow)}: {at_once} at once.")


@limits.command("remove")
def remove(flow: FlowName = None) -> None:
    """Take a limit away."""
    with Client() as client:
        client.remove_limit(flow=flow or "")
    typer.echo(f"{_of(flow)}: no limit any more.")


def _of(flow: str | None) -> str:
    return flow or "The workspace"
