"""Commands about a run that was: run it on with something changed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from ..client import Client
from ..errors import FlowNotFound, NodeNotFound
from ..ids import Json
from .flow_source import parse_inputs, parse_value
from .run_commands import AsJson, RunId
from .watching import carry_out, conclude, refusals_told

if TYPE_CHECKING:
    from ..flow.model import FlowSpec, Node

Values = dict[str, dict[str, Json]]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(fork)


def fork(
    run: RunId,
    at: Annotated[
        str | None,
        typer.Option(metavar="NODE", help="Run this node anew, and all that is downstream of it."),
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PORT=VALUE",
            help="Another literal, of the node --at or as NODE.PORT=VALUE; may be repeated.",
        ),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="NAME=JSON", help="Another input of the flow."),
    ] = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Start it and return.")] = False,
    key: Annotated[
        str | None, typer.Option(help="The same key again gives the same run, not a second one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start a run like another one. Only what is downstream of a change is run again.

    With --at it runs from there on, with --input on other inputs; with neither, a run that failed
    goes on from where it failed. The other run stays as it is.
    """
    with refusals_told(as_json=as_json), Client() as client:
        spec = client.flow(run)
        started = client.fork(
            run,
            at=at,
            values=_changed(spec, at, changes or []),
            inputs=parse_inputs(spec, inputs or []),
            key=key,
        )
        report = carry_out(client, started, no_wait=no_wait, quiet=as_json)
    conclude(report, as_json=as_json, no_wait=no_wait)


def _changed(spec: "FlowSpec", at: str | None, changes: Iterable[str]) -> Values:
    """Literals by node and port."""
    values: Values = {}
    for change in changes:
        place, equals, text = change.partition("=")
        if not equals:
            raise FlowNotFound(f"--set {change!r} has no value.", remedy="Write --set PORT=VALUE.")
        name, dot, port = place.rpartition(".")
        name = name if dot else at or ""
        node = spec.node(name)
        if node is None:
            known = ", ".join(it.id for it in spec.nodes)
            raise NodeNotFound(
                f"--set {change!r} is about no node of this run.",
                remedy=f"Name it, as in --set NODE.{port}=… or --at NODE; there is: {known}.",
            )
        is_text = _takes_text(node, port)
        values.setdefault(name, {})[port] = parse_value(text, is_text=is_text)
    return values


def _takes_text(node: "Node", port: str) -> bool:
    """Whether a port wants text, so that a number that is typed for it is text."""
    from ..blocks.registry import catalogue

    signature = catalogue().get(node.block)
    if signature is None:  # a person's own; what stood there before tells
        return isinstance(node.values.get(port), str)
    return any(it.name == port and it.type.get("type") == "string" for it in signature.inputs)
