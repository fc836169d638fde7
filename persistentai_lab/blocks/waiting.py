"""Waiting in a flow, as Python says it: `pai.sleep("3d")`, `pai.wait_for(…)`, `pai.gate(…)`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

from ..errors import TraceError
from ..flow.duration import Duration, seconds_of
from ..flow.model import EXPIRES_MAX_S
from ..flow.traced import Traced
from ..ids import Json

T = TypeVar("T")


def sleep(time: Duration | datetime, value: T | None = None, *, id: str | None = None) -> T | None:
    """Hand a value on after a while, or when a moment has come. For use inside `@pai.flow`.

    `draft = pai.sleep("3d", draft)`

    The run holds no process meanwhile, and wakes at its time whatever crashes. Other branches go
    on.

    Args:
        time: How long: seconds, a `timedelta`, `"8h"`, `"3d"`; or until when: a `datetime` with its
            time zone.
        value: What to hand on.
        id: Id of the node.

    Raises:
        TraceError: It is no time.
    """
    from .time import sleep as for_a_while
    from .time import sleep_until

    block: Any = for_a_while
    given: dict[str, Any]
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise TraceError(f"{time.isoformat()} says no time zone.", remedy="Give it a `tzinfo`.")
        block, given = sleep_until, {"moment": time.isoformat()}
    else:
        given = {"seconds": _lasting(time)}
    if value is not None:
        given["value"] = value
    slept: T | None = block.with_(id=id)(**given)
    return slept


def wait_for(
    signal: str,
    *,
    match: Mapping[str, Json] | None = None,
    timeout: Duration | None = None,
    otherwise: object = None,
    after: object = None,
    value: object = None,
    id: str | None = None,
) -> Any:
    """Wait for a signal, and go on with its value. For use inside `@pai.flow`.

    `order = pai.wait_for("order paid", match={"order": 17}, timeout="2d")`

    Args:
        signal: What it is called; `pai.emit` and `signals.emit` name it.
        match: What its value has to contain.
        timeout: How long to wait: seconds, a `timedelta`, `"8h"`, `"3d"`. Left out, for ever.
        otherwise: What holds when none has come by then. Left out, the step fails.
        after: What has to be there before the waiting begins.
        value: The type of its value: `int`, `list[str]`, a Pydantic model, a JSON Schema. Left out,
            it can be anything.
        id: Id of the node.
    """
    from .people import type_of
    from .signals import wait_for as block

    given: dict[str, Any] = {"name": signal}
    if match:
        given["match"] = match if isinstance(match, Traced) else dict(match)
    if timeout is not None:
        given["timeout_s"] = _lasting(timeout)
    if otherwise is not None:
        given["otherwise"] = otherwise
    if after is not None:
        given["after"] = after
    if value is not None:
        given["value_type"] = type_of(value)
    return block.with_(id=id)(**given)


def gate(
    value: T | None = None,
    text: str | None = None,
    *,
    opens_on: str | None = None,
    match: Mapping[str, Json] | None = None,
    to: str | Sequence[str] = (),
    timeout: Duration | None = None,
    at_timeout: Literal["fail", "open"] = "fail",
    id: str | None = None,
) -> T | None:
    """Hand a value on once somebody opens the gate, or a signal does. For use inside `@pai.flow`.

    Args:
        value: What to hand on.
        text: What people are told who could open it.
        opens_on: Name of a signal that opens it, too.
        match: What such a signal's value has to contain.
        to: Who may open it. Left out, anybody of the workspace.
        timeout: How long to wait. Left out, for ever.
        at_timeout: What happens then.
        id: Id of the node.
    """
    from .control import gate as block
    from .people import named

    given: dict[str, Any] = {"value": value, "text": text, "opens_on": opens_on}
    if match:
        given["match"] = match if isinstance(match, Traced) else dict(match)
    if people := named(to):
        given["to"] = people
    if timeout is not None:
        given |= {"timeout_s": _lasting(timeout), "at_timeout": at_timeout}
    given = {name: it for name, it in given.items() if it is not None}
    opened: T | None = block.with_(id=id)(**given)
    return opened


def _lasting(time: Duration) -> Any:
    if isinstance(time, Traced):
        return time
    try:
        seconds = seconds_of(time)
    except ValueError as error:
        raise TraceError(f"{error}.") from error
    if not 0 < seconds <= EXPIRES_MAX_S:
        raise TraceError(
            f"{time!r} is no time to wait.", remedy="Wait for a while, ten years at most."
        )
    return seconds
