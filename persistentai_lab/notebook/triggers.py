"""`pai.schedule`, `pai.webhook` and `pai.emit`: flows that run without anybody starting them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from ..client import Client, ship_flow
from ..client.wire import Schedule, WebhookMade
from ..flow.duration import Duration, seconds_of
from .flow import Flow
from .runtime import runtime
from .sending import as_json


def schedule(
    flow: Flow[..., Any],
    *,
    cron: str | None = None,
    at: datetime | None = None,
    inputs: Mapping[str, Any] | None = None,
    zone: str = "UTC",
    missed: Literal["skip", "once", "all"] = "once",
    name: str | None = None,
    client: Client | None = None,
) -> Schedule:
    """Run a flow when its time comes, again and again or once; on the server, without this kernel.

    `pai.schedule(report, cron="30 7 * * mon-fri", zone="Europe/Berlin")`

    The flow is pinned as it is now. Calling this again under the same name changes the schedule.
    `persistentai schedules` lists them all.

    Args:
        flow: What to run.
        cron: Minute, hour, day, month and weekday, on the clock of `zone`. A time that a day has
            not, because clocks go forward, comes at the change; one that it has twice comes once.
        at: One time, instead.
        inputs: On what, the same every time.
        zone: Where the clock hangs.
        missed: What becomes of times at which the runtime was not up: no run, one, or all.
        name: Its name. Left out, the flow's.
        client: Another runtime than the notebook's own.

    Raises:
        ScheduleInvalid: It says no time; `ScheduleInPast`: the only one is over.
        FlowInvalid: It cannot run as drawn, or an input does not fit.
    """
    return (client or runtime()).triggers.schedule(
        name or flow.name,
        flow.spec,
        as_json(inputs or {}),
        ship_flow(flow),
        cron=cron,
        at=at,
        zone=zone,
        missed=missed,
    )


def webhook(
    flow: Flow[..., Any],
    *,
    body: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    signature: Literal["none", "standard", "github"] = "none",
    name: str | None = None,
    client: Client | None = None,
) -> WebhookMade:
    """Make an address that runs a flow on what is sent to it.

    The answer has the `path` to send to, and the `secret` to sign with; both are told once only.
    Calling this again under the same name changes the flow and keeps the address.

    Args:
        flow: What to run.
        body: The input that gets what is sent; an empty text: its fields go to the inputs of their
            names. Left out: the input `body`, or the only one that is free.
        inputs: Other inputs, the same every time.
        signature: How senders sign: `standard` is Standard Webhooks, with a time limit.
        name: Its name. Left out, the flow's.
        client: Another runtime than the notebook's own.

    Raises:
        FlowInvalid: It cannot run as drawn, or no input is there for what is sent.
    """
    return (client or runtime()).triggers.webhook(
        name or flow.name,
        flow.spec,
        as_json(inputs or {}),
        ship_flow(flow),
        body=body,
        signature=signature,
    )


def emit(
    signal: str,
    value: Any = None,
    *,
    keep: Duration | None = None,
    key: str | None = None,
    client: Client | None = None,
) -> Any:
    """Emit a signal to the flows that wait for it, or will: from a notebook, or inside `@pai.flow`.

    Inside a flow it is a node, written once together with its record, and gives the value on.

    Args:
        signal: What it is called; `pai.wait_for` names it.
        value: What it carries: JSON, up to 256 KiB.
        keep: For how long it is kept for a run to come: `"3d"`. Left out, a week.
        key: Outside a flow: the same key again is no second signal.
        client: Outside a flow: another runtime than the notebook's own.
    """
    from ..flow.trace import is_tracing

    keep_s = None if keep is None else seconds_of(keep)
    if is_tracing():
        from ..blocks.signals import emit as block

        kept = {} if keep_s is None else {"keep_s": keep_s}
        return block(signal, value, **kept)
    plain = as_json({"value": value})["value"]
    return (client or runtime()).triggers.emit(signal, plain, key=key, keep_s=keep_s)
