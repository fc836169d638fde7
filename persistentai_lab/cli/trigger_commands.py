"""Commands about what starts runs by itself: schedules, webhooks; and signals between flows."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ..client import Client
from ..client.words import ago, shorten
from .flow_source import load_flow, parse_inputs, parse_value
from .show import print_json, print_table

if TYPE_CHECKING:
    from ..client.wire import WebhookMade

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]
FlowName = Annotated[
    str,
    typer.Argument(metavar="FLOW", help="A `.flow.json` file, a notebook or `module:function`."),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="NAME=JSON", help="An input; may be repeated."),
]
Called = Annotated[str | None, typer.Option("--name", help="Left out, the flow's own name.")]
_HELP = {"help_option_names": ["-h", "--help"]}

schedules = typer.Typer(help="See or make schedules, which run flows.", context_settings=_HELP)
webhooks = typer.Typer(help="See or make webhooks, which run flows.", context_settings=_HELP)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(schedules, name="schedules", invoke_without_command=True)
    app.add_typer(webhooks, name="webhooks", invoke_without_command=True)
    app.command()(emit)


@schedules.callback()
def all_schedules(context: typer.Context, as_json: AsJson = False) -> None:
    """See or make schedules: flows that run when their time comes."""
    if context.invoked_subcommand is None:
        list_schedules(as_json=as_json)


@schedules.command("list")
def list_schedules(as_json: AsJson = False) -> None:
    """List the schedules."""
    from ..client.wire import to_json

    with Client() as client:
        found = client.triggers.schedules()
    if as_json:
        print_json([to_json(it) for it in found])
    elif not found:
        typer.echo("No schedules. Make one: persistentai schedules add FLOW --cron '30 7 * * *'")
    else:
        rows = [
            (
                it.name,
                shorten(it.flow, 30),
                it.cron or "once",
                it.zone,
                _time(it.next_at) if it.is_on else "rests",
                str(it.fired),
                ago(it.last_at),
                shorten(it.error.message, 50) if it.error else "",
            )
            for it in found
        ]
        print_table(("schedule", "flow", "cron", "zone", "next", "runs", "last", ""), rows)


@schedules.command("add")
def add_schedule(
    flow: FlowName,
    cron: Annotated[
        str | None, typer.Option(help="Minute, hour, day, month, weekday: '30 7 * * mon-fri'.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="Once: 2030-01-31T08:00+01:00.")] = None,
    zone: Annotated[str, typer.Option(help="Where the clock hangs: Europe/Berlin.")] = "UTC",
    missed: Annotated[
        str, typer.Option(help="What becomes of missed times: skip, once or all.")
    ] = "once",
    name: Called = None,
    inputs: Inputs = None,
) -> None:
    """Make a schedule, or change the one of this name."""
    loaded = load_flow(flow)
    with Client() as client:
        made = client.triggers.schedule(
            name or loaded.spec.name,
            loaded.spec,
            parse_inputs(loaded.spec, inputs or []),
            loaded.code,
            cron=cron,
            at=_moment(at),
            zone=zone,
            missed=missed,
        )
    typer.echo(f"{made.name} runs {made.flow} next at {_time(made.next_at)}.")


@schedules.command("run")
def run_schedule(name: Name) -> None:
    """Start what a schedule starts, without waiting for its time."""
    with Client() as client:
        typer.echo(client.triggers.run_now(name))


@schedules.command("off")
def schedule_off(name: Name) -> None:
    """Let a schedule rest."""
    _switch("schedules", name, on=False)


@schedules.command("on")
def schedule_on(name: Name) -> None:
    """Let a schedule go on from now; what it rested through is not made up for."""
    _switch("schedules", name, on=True)


@schedules.command("remove")
def remove_schedule(name: Name) -> None:
    """Forget a schedule; its runs stay."""
    _drop("schedules", name)


@webhooks.callback()
def all_webhooks(context: typer.Context, as_json: AsJson = False) -> None:
    """See or make webhooks: addresses that run a flow on what is sent to them."""
    if context.invoked_subcommand is None:
        list_webhooks(as_json=as_json)


@webhooks.command("list")
def list_webhooks(as_json: AsJson = False) -> None:
    """List the webhooks, without their addresses."""
    from ..client.wire import to_json

    with Client() as client:
        found = client.triggers.webhooks()
    if as_json:
        print_json([to_json(it) for it in found])
    elif not found:
        typer.echo("No webhooks. Make one: persistentai webhooks add FLOW")
    else:
        rows = [
            (
                it.name,
                shorten(it.flow, 30),
                it.body_input or "(fields)",
                it.signature,
                "listens" if it.is_on else "rests",
                str(it.received),
                ago(it.last_at),
            )
            for it in found
        ]
        print_table(("webhook", "flow", "body", "signed", "", "received", "last"), rows)


@webhooks.command("add")
def add_webhook(
    flow: FlowName,
    body: Annotated[
        str | None, typer.Option(help="The input that gets what is sent; '' for field by field.")
    ] = None,
    signature: Annotated[
        str, typer.Option(help="How senders sign: none, standard or github.")
    ] = "none",
    name: Called = None,
    inputs: Inputs = None,
    as_json: AsJson = False,
) -> None:
    """Make a webhook. Its address and its secret are printed now, and never again."""
    from ..client.wire import to_json

    loaded = load_flow(flow)
    with Client() as client:
        made = client.triggers.webhook(
            name or loaded.spec.name,
            loaded.spec,
            parse_inputs(loaded.spec, inputs or []),
            loaded.code,
            body=body,
            signature=signature,
        )
    if as_json:
        print_json(to_json(made))
    elif made.path is None:
        typer.echo(f"{made.name} now runs {made.flow}; its address stays as it was.")
    else:
        _tell(made)


@webhooks.command("rotate")
def rotate_webhook(
    name: Name,
    address: Annotated[bool, typer.Option(help="Give it another address.")] = True,
    secret: Annotated[bool, typer.Option(help="Let senders sign with another secret.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a webhook another address or secret: the old one is dead at once."""
    from ..client.wire import to_json

    with Client() as client:
        made = client.triggers.rotate(name, address=address, secret=secret)
    if as_json:
        print_json(to_json(made))
    else:
        _tell(made)


@webhooks.command("deliveries")
def list_deliveries(name: Name, as_json: AsJson = False) -> None:
    """List what was sent to a webhook last, also what was refused."""
    from ..client.wire import to_json

    with Client() as client:
        found = client.triggers.deliveries(name)
    if as_json:
        print_json([to_json(it) for it in found])
    elif not found:
        typer.echo("Nothing was sent to it yet.")
    else:
        rows = [
            (
                _time(it.at),
                str(it.status),
                it.run or "",
                shorten(it.named or "", 30),
                shorten(it.error.message, 60) if it.error else "",
            )
            for it in found
        ]
        print_table(("at", "HTTP", "run", "called", ""), rows)


@webhooks.command("off")
def webhook_off(name: Name) -> None:
    """Let a webhook rest."""
    _switch("webhooks", name, on=False)


@webhooks.command("on")
def webhook_on(name: Name) -> None:
    """Let a webhook listen again."""
    _switch("webhooks", name, on=True)


@webhooks.command("remove")
def remove_webhook(name: Name) -> None:
    """Forget a webhook and its address; its runs stay."""
    _drop("webhooks", name)


def emit(
    name: Annotated[str, typer.Argument(metavar="SIGNAL", help="Name of the signal.")],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="JSON; what is none is taken as text.")
    ] = "null",
    key: Annotated[str | None, typer.Option(help="The same key again is no second signal.")] = None,
) -> None:
    """Emit a signal to the flows that wait for it, or will."""
    with Client() as client:
        number = client.triggers.emit(name, parse_value(value, is_text=False), key=key)
    typer.echo(f"Emitted {name!r} as number {number}.")


def _tell(made: "WebhookMade") -> None:
    if made.path:
        typer.echo(f"POST to {made.path}")
    if made.secret:
        typer.echo(f"signed with {made.secret}")
    typer.echo("Keep this: it is not told again.")


def _switch(kind: str, name: str, *, on: bool) -> None:
    with Client() as client:
        client.triggers.switch(kind, name, on=on)
    typer.echo(f"{name} is {'at work' if on else 'at rest'}.")


def _drop(kind: str, name: str) -> None:
    with Client() as client:
        client.triggers.drop(kind, name)
    typer.echo(f"{name} is gone.")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write 2030-01-31T08:00+01:00") from None


def _time(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment.astimezone():%Y-%m-%d %H:%M}"
