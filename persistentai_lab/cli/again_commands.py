"""Commands about a run that was: run it on with something changed, or compute it once more."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..client import Client
from ..client.wire import ENDED
from ..client.words import shorten
from ..errors import FlowNotFound, NodeNotFound
from ..ids import Json
from .flow_source import parse_inputs, parse_value
from .run_commands import AsJson, RunId
from .show import mark, print_json
from .watching import carry_out, conclude, look_back, refusals_told

if TYPE_CHECKING:
    from ..flow.model import FlowSpec, Node

Values = dict[str, dict[str, Json]]

DIFFERENT = 3
"""Exit code: the run was computed again, and something came out otherwise."""
INCOMPLETE = 4
"""Exit code: nothing differs, but not everything could be computed here."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (fork, replay):
        app.command()(command)


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


def replay(
    run: RunId,
    verify: Annotated[
        bool,
        typer.Option(help="Compute the pure steps again; or only show what is recorded."),
    ] = True,
    key: Annotated[
        str | None, typer.Option(help="The same key again gives the same replay, not a second one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute a run again from its record and compare. Calls no model and no network.

    Every pure step runs once more on what it was given then; the rest is taken from the record. The
    exit code is 0 when the two are identical, 3 when something differs, 4 when nothing does but not
    everything could be computed here. The run itself stays as it is.
    """
    with refusals_told(as_json=as_json), Client() as client:
        if not verify:
            return conclude(look_back(client, run, quiet=as_json), as_json=as_json, no_wait=False)
        report = carry_out(client, client.replay(run, key=key), no_wait=False, quiet=as_json)
    if report["status"] != "completed":
        return conclude(report, as_json=as_json, no_wait=False)
    found = report["outputs"]["result"]
    if as_json:
        print_json({"run_id": report["run_id"], **found})
    else:
        typer.echo(_told(found))
    code = {"identical": 0, "different": DIFFERENT}.get(found["verdict"], INCOMPLETE)
    if code:
        raise typer.Exit(code)


def _told(found: dict[str, Any]) -> str:
    """A verdict for people."""
    counts = f"{found['recomputed']} computed again, {found['taken']} taken from the record"
    if found["unrecorded"]:
        counts += f", {found['unrecorded']} without an outcome"
    so_far = "" if found["source_status"] in ENDED else " so far (it has not ended)"
    lines = [f"{mark(_MARKS[found['verdict']])} {found['verdict']}{so_far}: {counts}"]
    if difference := found["difference"]:
        port = f".{difference['port']}" if difference["port"] else ""
        lines += [
            f"  {difference['node']}{port}: {difference['what']}",
            *(f"    given {name} = {_value(it)}" for name, it in difference["inputs"].items()),
            f"    recorded:   {_outcome(difference, 'recorded')}",
            f"    recomputed: {_outcome(difference, 'recomputed')}",
        ]
        if found["different"] > 1:
            lines.append(f"  It is the first of {found['different']} steps that differ.")
    for need in found["needs"]:
        error = need["error"]
        lines.append(f"  {need['node']} could not be computed: {error['message']}")
        if error["remedy"]:
            lines.append(f"    → {error['remedy']}")
    return "\n".join(lines)


def _outcome(difference: dict[str, Any], when: str) -> str:
    error = difference[f"{when}_error"]
    if error:
        return f"✗ {error['message']}"
    value = difference[when]
    return _value(value) if value else "no value"


def _value(info: dict[str, Any]) -> str:
    if info["preview"] is None and info["about"]:
        return str(info["about"])
    if info["preview"] is None and info["sha256"]:
        return f"{info['media_type']}, {info['size']:,} bytes"
    return shorten(json.dumps(info["preview"], ensure_ascii=False), 200)


_MARKS = {"identical": "completed", "different": "failed", "incomplete": "waiting"}


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
