"""Schedules, webhooks and signals, as a client asks for them."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from ..ids import Json
from .transport import Transport
from .wire import Delivery, Schedule, ShippedModule, Webhook, WebhookMade, read

if TYPE_CHECKING:
    from ..flow.model import FlowSpec


class Triggers:
    """What starts runs by itself; reached as `client.triggers`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def schedules(self) -> list[Schedule]:
        """All schedules, by name."""
        return [read(Schedule, it) for it in self._transport.get("/schedules")["schedules"]]

    def schedule(
        self,
        name: str,
        flow: "FlowSpec",
        inputs: Mapping[str, Json] | None = None,
        code: Iterable[ShippedModule] = (),
        *,
        cron: str | None = None,
        at: datetime | None = None,
        zone: str = "UTC",
        missed: str = "once",
    ) -> Schedule:
        """Make a schedule, or change the one of this name. Twice is once.

        Raises:
            LabError: It says no time (to come), or the flow is invalid.
        """
        when = {"cron": cron, "at": at and at.isoformat(), "zone": zone, "missed": missed}
        body = _target(flow, inputs, code) | when
        return read(Schedule, self._transport.request("PUT", _path("schedules", name), body=body))

    def run_now(self, name: str, *, key: str | None = None) -> str:
        """Start what a schedule starts, without waiting for its time. Returns the run's id.

        The same `key` again is no second run.
        """
        headers = {"Idempotency-Key": key or str(uuid4())}
        path = f"{_path('schedules', name)}/run"
        return str(self._transport.post(path, {}, headers=headers)["run_id"])

    def webhooks(self) -> list[Webhook]:
        """All webhooks, by name. Their addresses are told only when they are made."""
        return [read(Webhook, it) for it in self._transport.get("/webhooks")["webhooks"]]

    def webhook(
        self,
        name: str,
        flow: "FlowSpec",
        inputs: Mapping[str, Json] | None = None,
        code: Iterable[ShippedModule] = (),
        *,
        body: str | None = None,
        signature: str = "none",
    ) -> WebhookMade:
        """Make a webhook, or let the one of this name start something else.

        Not repeated by itself: a second answer would not tell the address.
        """
        asked = _target(flow, inputs, code) | {"body": body, "signature": signature}
        made = self._transport.request("PUT", _path("webhooks", name), body=asked, repeatable=False)
        return read(WebhookMade, made)

    def rotate(self, name: str, *, address: bool = True, secret: bool = False) -> WebhookMade:
        """Give a webhook another address or secret: the old one is dead at once, the new told once.

        Not repeated by itself, as `webhook` is not.
        """
        asked = {"address": address, "secret": secret}
        path = f"{_path('webhooks', name)}/rotate"
        made = self._transport.request("POST", path, body=asked, repeatable=False)
        return read(WebhookMade, made)

    def deliveries(self, name: str) -> list[Delivery]:
        """What was sent to a webhook last, also what was refused; newest first."""
        found = self._transport.get(f"{_path('webhooks', name)}/deliveries")["deliveries"]
        return [read(Delivery, it) for it in found]

    def switch(self, kind: str, name: str, *, on: bool) -> None:
        """Let a trigger rest, or be at work again; `kind` is `schedules` or `webhooks`."""
        self._transport.request("PATCH", _path(kind, name), body={"on": on})

    def drop(self, kind: str, name: str) -> None:
        """Forget a trigger; `kind` is `schedules` or `webhooks`."""
        self._transport.request("DELETE", _path(kind, name), repeatable=False)

    def emit(
        self, name: str, value: Json = None, *, key: str | None = None, keep_s: float | None = None
    ) -> int:
        """Emit a signal to the flows that wait for it, or will. Returns its number.

        Args:
            name: What it is called.
            value: What it carries.
            key: The caller's name for it: the same again is no second signal.
            keep_s: For how long it is kept for a run to come. Left out, a week.
        """
        headers = {"Idempotency-Key": key or str(uuid4())}
        body = {"value": value} | ({} if keep_s is None else {"keep_s": keep_s})
        path = _path("signals", name)
        return int(self._transport.post(path, body, headers=headers)["number"])


def _target(
    flow: "FlowSpec", inputs: Mapping[str, Json] | None, code: Iterable[ShippedModule]
) -> dict[str, Any]:
    from ..flow.codec import dumps

    return {
        "flow": json.loads(dumps(flow)),
        "inputs": dict(inputs or {}),
        "code": [module.to_json() for module in code],
    }


def _path(kind: str, name: str) -> str:
    return f"/{kind}/{quote(name, safe='')}"
