"""Commands about runs: start one, list them, read their events, answer, cancel."""

import json
from typing import Annotated, Any

import typer

from ..client import Blob, Client, RunDetail, RunEvent, RunSummary, Value
from ..client.words import ago, between, shorten
from ..errors import Conflict, LabError
from .flow_source import LoadedFlow, load_flow, parse_inputs
from .interrupt import leaving_at_once
from .show import mark, print_json, print_table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, `r-…`.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (run, runs, events, answer, pause, resume, step, cancel):
        app.command()(command)


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
    as_json: AsJson = False,
) -> None:
    """Run a flow on the runtime, show how it goes, print its outputs.

    Ctrl-C only stops watching. The exit code is 0 when the run completed.
    """
    try:
        report = _run(load_flow(flow), inputs or [], key, no_wait=no_wait, quiet=as_json)
    except LabError as error:
        if as_json:
            print_json({"run_id": None, "status": "refused", "outputs": {}, "error": _told(error)})
        raise
    if as_json:
        print_json(report)
    elif report["status"] == "completed":
        _print_outputs(report["outputs"])
    elif report["error"]:
        _print_failure(report)
    if not no_wait and report["status"] != "completed":
        raise typer.Exit(1)


def _run(
    flow: LoadedFlow, inputs: list[str], key: str | None, *, no_wait: bool, quiet: bool
) -> dict[str, Any]:
    with Client() as client:
        started = client.start(flow.spec, parse_inputs(flow.spec, inputs), flow.code, key=key)
        run_id = started.run_id
        if no_wait:
            if not quiet:
                typer.echo(run_id)
            return {"run_id": run_id, "status": started.status, "outputs": {}, "error": None}
        detached: dict[str, Any] = {
            "run_id": run_id,
            "status": "detached",
            "outputs": {},
            "error": None,
        }

        farewell = (
            f"\nNo longer watching. The run goes on: persistentai events {run_id} --follow\n"
            f"To stop it: persistentai cancel {run_id}\n"
        )
        with leaving_at_once(farewell, json.dumps(detached, indent=2) + "\n" if quiet else ""):
            return _report(client, _watch(client, run_id, quiet=quiet))


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


def _report(client: Client, run: RunDetail) -> dict[str, Any]:
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


def _print_failure(report: dict[str, Any]) -> None:
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


def runs(
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    status: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    stuck: Annotated[bool, typer.Option("--stuck", help="Only those that need somebody.")] = False,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    from ..client.wire import to_json

    with Client() as client:
        found = client.runs(limit=limit, status=status, stuck=stuck)
    if as_json:
        print_json([to_json(item) for item in found])
    elif not found:
        typer.echo("No runs. Start one: persistentai run FLOW")
    else:
        print_table(("run", "flow", "state", "steps", "started", "took", ""), [*map(_row, found)])


def _row(run: RunSummary) -> tuple[str, ...]:
    note = run.error.message if run.error else ""
    if run.questions:
        note = f"{run.questions} question{'s' if run.questions > 1 else ''} to answer"
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


def answer(
    run: RunId,
    text: Annotated[str, typer.Argument(metavar="ANSWER", help="The answer.")],
    question: Annotated[
        str | None, typer.Option(help="Id of the question, if the run asks several.")
    ] = None,
) -> None:
    """Answer what a run asks."""
    with Client() as client:
        client.answer(run, question or _only_question(client, run), text)
    typer.echo(f"Answered. Watch it go on: persistentai events {run} --follow")


def _only_question(client: Client, run_id: str) -> str:
    asked = client.run(run_id).open_questions
    if len(asked) == 1:
        return asked[0].id
    if not asked:
        raise Conflict(
            f"Run {run_id} asks nothing.", remedy="`persistentai runs --stuck` lists all that do."
        )
    listed = "; ".join(f"{item.id}: {item.text}" for item in asked)
    raise Conflict(
        f"Run {run_id} asks {len(asked)} questions: {listed}.", remedy="Say which: --question ID."
    )


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


def cancel(run: RunId) -> None:
    """Stop a run at its next step."""
    with Client() as client:
        client.cancel(run)
    typer.echo(f"Run {run} is being cancelled. What it recorded stays: persistentai events {run}")
