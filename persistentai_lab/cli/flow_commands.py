"""Commands about flows and blocks. Where no runtime is up, what is installed here answers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from ..client import Client, PlanReport
from ..errors import CannotShip, FlowNotFound, Problem, RuntimeDown
from .flow_source import load_flow
from .show import print_json

if TYPE_CHECKING:
    from ..flow.signature import Signature

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FlowName = Annotated[
    str,
    typer.Argument(metavar="FLOW", help="A `.flow.json` file, a notebook or `module:function`."),
]
INVALID = 2


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (plan, check, blocks, schema):
        app.command()(command)


def check(flow: FlowName, as_json: AsJson = False) -> None:
    """List everything that is wrong with a flow, and what to do about it."""
    name, found = _problems(flow)
    if as_json:
        print_json({"problems": [problem.to_json() for problem in found]})
    elif found:
        for problem in found:
            typer.echo(f"{typer.style('✗', fg='red')} [{problem.code}] {problem}")
    else:
        typer.echo(f"{typer.style('✓', fg='green')} {name}: nothing wrong")
    if found:
        raise typer.Exit(INVALID)


def _problems(flow: str) -> tuple[str, list[Problem]]:
    """The flow's name, and what is wrong with it."""
    try:
        loaded = load_flow(flow)
    except CannotShip as error:  # as wrong as anything else, and found here
        return flow, list(error.problems)
    try:
        with Client() as client:
            return loaded.spec.name, client.check(loaded.spec, loaded.code)
    except RuntimeDown:
        from ..flow.check import check as check_here

        return loaded.spec.name, check_here(loaded.spec, loaded.catalogue)


def plan(
    flow: FlowName,
    strict: Annotated[
        bool, typer.Option("--strict", help="Series and parallel only; lists the added joins.")
    ] = False,
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print a Mermaid picture.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how a flow would run: what after what, what beside what."""
    loaded = load_flow(flow)
    try:
        with Client() as client:
            report = client.plan(loaded.spec, loaded.code, strict=strict)
    except RuntimeDown:
        from ..flow.expand import expand
        from ..plan import compile_plan, explain

        compiled = compile_plan(expand(loaded.spec), strict=strict)
        report = PlanReport(
            plan=compiled.to_json(), text=explain(compiled), mermaid=explain(compiled, "mermaid")
        )
    if as_json:
        print_json(report.plan)
    else:
        typer.echo(report.mermaid if mermaid else report.text)


def blocks(
    name: Annotated[str | None, typer.Argument(help="Only this one, with its ports.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the blocks that flows can be built from."""
    found = sorted(_blocks(), key=lambda item: item.block)
    if name is not None:
        found = [item for item in found if item.block == name]
        if not found:
            raise FlowNotFound(f"No block {name!r}.", remedy="`persistentai blocks` lists all.")
    if as_json:
        print_json([item.model_dump(mode="json") for item in found])
    elif name is not None:
        _print_block(found[0])
    else:
        width = max((len(item.block) for item in found), default=0)
        for item in found:
            help_ = item.help.partition("\n")[0]
            typer.echo(f"{item.block:<{width}}  {item.effect.value:<5}  {help_}".rstrip())


def _blocks() -> "Iterable[Signature]":
    try:
        with Client() as client:
            return client.blocks()
    except RuntimeDown:
        from ..blocks.registry import catalogue

        return catalogue().values()


def _print_block(block: "Signature") -> None:
    typer.echo(
        f"{typer.style(block.block, bold=True)}  ({block.effect.value}, version {block.version})"
    )
    typer.echo(block.help)
    for side, ports in (("in ", block.inputs), ("out", block.outputs)):
        for port in ports:
            kind = port.type.get("type") or port.type.get("x-pai-type") or "any"
            default = "" if port.required or side == "out" else f" = {port.default!r}"
            typer.echo(f"  {side} {port.name}: {kind}{default}  {port.help}".rstrip())


def schema(
    of: Annotated[str, typer.Argument(metavar="flow|event|block", help="Of what.")] = "flow",
) -> None:
    """Print a JSON Schema: of `.flow.json`, of an event, of a block's signature."""
    if of == "flow":
        from ..flow.codec import json_schema

        print_json(json_schema())
    elif of == "event":
        from ..events.model import Envelope

        print_json(Envelope.model_json_schema())
    elif of == "block":
        from ..flow.signature import Signature

        print_json(Signature.model_json_schema())
    else:
        raise typer.BadParameter(f"{of!r} has no schema; choose flow, event or block.")
