"""Commands about runs: start one, list them, read their events, steer, cancel."""

from typing import Annotated, Any

import typer

from ..client import Client, RunEvent, RunSummary
from ..client.words import ago, between, shorten
from .flow_source import LoadedFlow, load_flow, parse_inputs, parse_values
from .interrupt import leaving_at_once
from .show import mark, print_json, print_table
from .watching import carry_out, conclude, refusals_told

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, `r-…`.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (run, runs, events, pause, resume, step, cancel):
        app.command()(command)
    app.command(name="break")(break_at)
    app.command(name="set")(change)


def run(
    flow: Annotated[
        str,
        typer.Argument(
            metavar="FLOW", help="A `.flow.json` file, a notebook or `module:function`."
        ),
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="NAME=JSON", help="An input; may be repeated."),
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Start it and return.")] = False,
    key: Annotated[
        str | None, typer.Option(help="The same key again gives the same run, not a second one.")
    ] = None,
    priority: Annotated[
        str | None,
        typer.Option(
            metavar="high|normal|low|1…1000",
            help="How urgent, among the runs of the workspace; 1 goes first.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a flow on the runtime, show how it goes, print its outputs.

    Ctrl-C only stops watching. The exit code is 0 when the run completed.
    """
    with refusals_told(as_json=as_json):
        report = _run(load_flow(flow), inputs or [], key, priority, no_wait=no_wait, quiet=as_json)
    conclude(report, as_json=as_json, no_wait=no_wait)


def _run(
    flow: LoadedFlow,
    inputs: list[str],
    key: str | None,
    priority: str | None,
    *,
    no_wait: bool,
    quiet: bool,
) -> dict[str, Any]:
    with Client() as client:
        given = parse_inputs(flow.spec, inputs)
        started = client.start(flow.spec, given, flow.code, key=key, priority=priority)
        return carry_out(client, started, no_wait=no_wait, quiet=quiet)


def runs(
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    status: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    stuck: Annotated[
        bool, typer.Option("--stuck", help="Only those that nothing will move again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    from ..client.wire import to_json

    with Client() as client:
        found = client.runs(limit=limit, status=status, stuck=stuck)
    if as_json:
        print_json([to_json(item) for item in found])
    elif not found:
        typer.echo("No run is stuck." if stuck else "No runs. Start one: persistentai run FLOW")
    else:
        print_table(("run", "flow", "state", "steps", "started", "took", ""), [*map(_row, found)])


def _row(run: RunSummary) -> tuple[str, ...]:
    note = run.error.message if run.error else ""
    if run.questions:
        note = f"{run.questions} question{'s' if run.questions > 1 else ''} to answer"
    if run.needs:
        note = f"waits for a worker that has {', '.join(run.needs)}"
    return (
        run.run_id,
        shorten(run.flow, 30),
        f"{mark(run.status)} {run.status}",
        f"{run.steps_done}/{run.steps_total}",
        ago(run.created_at),
        between(run.started_at, run.ended_at),
        shorten(note, 60),
    )


def events(
    run: RunId,
    after: Annotated[int, typer.Option(min=0, help="Begin after this position.")] = 0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Print the events of a run."""
    from ..client.wire import to_json

    with Client() as client:
        found = client.follow(run, after=after) if follow else client.events(run, after=after)
        with leaving_at_once():
            for event in found:
                if as_json:
                    print_json(to_json(event), lines=True)
                else:
                    typer.echo(_event_line(event))


def _event_line(event: RunEvent) -> str:
    at = event.at.astimezone().strftime("%H:%M:%S.%f")[:-3]
    rest = {key: value for key, value in event.event.items() if key != "type"}
    detail = shorten("  ".join(f"{key}={value}" for key, value in rest.items() if value), 90)
    return f"{event.seq:>5}  {at}  {event.type:<18} {event.node or '':<16} {detail}".rstrip()


def pause(run: RunId) -> None:
    """Let a run start nothing more; what is under way may finish."""
    with Client() as client:
        steered = client.pause(run)
    if steered.status == "paused":
        typer.echo(f"Run {run} is paused. Go on: persistentai resume {run}")
    else:
        typer.echo(f"Run {run} will pause when what is under way has finished.")


def resume(run: RunId) -> None:
    """Let a paused run go on."""
    with Client() as client:
        client.resume(run)
    typer.echo(f"Run {run} goes on. Watch it: persistentai events {run} --follow")


def step(run: RunId) -> None:
    """Let a paused run start one node, the first that can, then pause again."""
    with Client() as client:
        client.step(run)
    typer.echo(f"Run {run} takes a step. See which: persistentai events {run}")


def break_at(
    run: RunId,
    node: Annotated[str, typer.Argument(metavar="NODE", help="Id of the node.")],
    when: Annotated[
        str | None, typer.Option(metavar="CONDITION", help="Only then, as `n > 3`.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take it away instead.")] = False,
) -> None:
    """Let a run pause before a node: a breakpoint."""
    with Client() as client:
        if clear:
            client.clear_break(run, node)
        else:
            client.break_at(run, node, when=when)
    typer.echo(f"Run {run} {'no longer pauses' if clear else 'will pause'} before {node}.")


def change(
    run: RunId,
    node: Annotated[str, typer.Argument(metavar="NODE", help="Id of the node.")],
    values: Annotated[
        list[str], typer.Argument(metavar="PORT=JSON", help="What is to count instead.")
    ],
) -> None:
    """Change a value of a paused run: an output of a node that has run, or a literal to come."""
    with Client() as client:
        client.change(run, node, parse_values(values))
    typer.echo(f"Changed. The record of {node} stays; what is to come uses the new value.")


def cancel(run: RunId) -> None:
    """Stop a run at its next step."""
    with Client() as client:
        client.cancel(run)
    typer.echo(f"Run {run} is being cancelled. What it recorded stays: persistentai events {run}")
