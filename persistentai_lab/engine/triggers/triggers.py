"""What starts runs by itself, as commands: each is one transaction."""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from ...errors import LabError, Unavailable
from ...flow.model import FlowSpec
from ...flow.signature import Signature
from ...ids import Json, RunId
from ...security.identity import Identity
from ..commands.pinned import Module
from ..commands.starting import Started
from ..commands.transact import transact
from ..legs import LegQueue
from . import schedules, webhooks
from .schedules import When
from .target import make_target, target_like

T = TypeVar("T")

NAME_MAX = 200


class NameInvalid(LabError):
    """Nothing can be called so."""

    code = "name_invalid"
    http_status = 422


class Triggers:
    """Makes schedules and webhooks, and starts what is due."""

    def __init__(self, engine: sa.Engine, builtin: Mapping[str, Signature]) -> None:
        self._engine = engine
        self._queue = LegQueue()
        self._builtin = builtin

    async def schedule(
        self,
        name: str,
        when: When,
        flow: FlowSpec,
        inputs: Mapping[str, Json],
        modules: tuple[Module, ...],
        by: Identity,
    ) -> None:
        """Make a schedule, or change the one of this name.

        Raises:
            ScheduleInvalid, ScheduleInPast: There is no time to come at which it would fire.
            FlowInvalid: With every problem of flow and inputs.
        """

        def put(connection: sa.Connection) -> None:
            schedules.put_schedule(connection, name, when, target, modules)

        _insist_on_name(name)
        when.read()
        target = await asyncio.to_thread(make_target, flow, inputs, modules, by, self._builtin)
        await self._do(put)

    async def webhook(
        self,
        name: str,
        flow: FlowSpec,
        inputs: Mapping[str, Json],
        modules: tuple[Module, ...],
        by: Identity,
        *,
        body: str | None = None,
        signature: webhooks.Signature = "none",
    ) -> webhooks.Made | None:
        """Make a webhook; None when one of this name was there and now starts this flow.

        Raises:
            FlowInvalid: With every problem of flow and inputs.
        """
        _insist_on_name(name)
        body_input = webhooks.input_for_body(flow, inputs, body)
        come = frozenset(flow.inputs) if body_input is None else frozenset([body_input])
        target = await asyncio.to_thread(
            partial(make_target, flow, inputs, modules, by, self._builtin, to_come=come)
        )
        put = partial(
            webhooks.put_webhook,
            name=name,
            target=target,
            modules=modules,
            body_input=body_input,
            signature=signature,
        )
        return await self._do(put)

    async def schedule_like(
        self, name: str, when: When, run: RunId, inputs: Mapping[str, Json], by: Identity
    ) -> None:
        """The same for the version that a run is pinned to. Raises `RunNotFound`, and the same."""

        def put(connection: sa.Connection) -> None:
            target = target_like(connection, run, inputs, by)
            schedules.put_schedule(connection, name, when, target, ())

        _insist_on_name(name)
        when.read()
        await self._do(put)

    async def webhook_like(
        self,
        name: str,
        run: RunId,
        inputs: Mapping[str, Json],
        by: Identity,
        *,
        body: str | None = None,
        signature: webhooks.Signature = "none",
    ) -> webhooks.Made | None:
        """The same for the version that a run is pinned to. Raises `RunNotFound`, and the same."""

        def put(connection: sa.Connection) -> webhooks.Made | None:
            target = target_like(connection, run, inputs, by, to_come=to_come)
            return webhooks.put_webhook(
                connection,
                name,
                target,
                (),
                body_input=webhooks.input_for_body(target.version.spec, inputs, body),
                signature=signature,
            )

        def to_come(flow: FlowSpec) -> frozenset[str]:
            taken = webhooks.input_for_body(flow, inputs, body)
            return frozenset(flow.inputs) if taken is None else frozenset([taken])

        _insist_on_name(name)
        return await self._do(put)

    async def run_now(self, name: str, by: Identity, *, key: str | None = None) -> Started:
        """Start what a schedule starts, now. Raises `ScheduleNotFound`."""
        return await self._do(partial(schedules.run_now, self._queue, name=name, by=by, key=key))

    async def rotate(
        self, name: str, by: Identity, *, address: bool, secret: bool
    ) -> webhooks.Made:
        """Give a webhook other secrets; the old ones are dead. Raises `WebhookNotFound`."""
        return await self._do(
            partial(webhooks.rotate, name=name, by=by, address=address, secret=secret)
        )

    async def switch_schedule(self, name: str, by: Identity, *, on: bool) -> None:
        """Let a schedule rest, or go on from now. Raises `ScheduleNotFound`."""
        await self._do(partial(schedules.switch_schedule, name=name, by=by, on=on))

    async def drop_schedule(self, name: str, by: Identity) -> None:
        """Forget a schedule. Raises `ScheduleNotFound`."""
        await self._do(partial(schedules.drop_schedule, name=name, by=by))

    async def switch_webhook(self, name: str, by: Identity, *, on: bool) -> None:
        """Let a webhook rest, or listen again. Raises `WebhookNotFound`."""
        await self._do(partial(webhooks.switch_webhook, name=name, by=by, on=on))

    async def drop_webhook(self, name: str, by: Identity) -> None:
        """Forget a webhook. Raises `WebhookNotFound`."""
        await self._do(partial(webhooks.drop_webhook, name=name, by=by))

    async def receive(self, token: str, delivery: webhooks.Delivery) -> Started:
        """Start the run of a delivery, and keep what came of it for whoever looks after it.

        Raises:
            LabError: It starts none, see `webhooks.receive`.
        """
        try:
            return await self._do(lambda c: webhooks.receive(self._queue, c, token, delivery))
        except (Unavailable, webhooks.WebhookNotFound):
            raise
        except LabError as error:
            refused = error  # a name that outlives the clause
        await self._do(lambda c: webhooks.note_refusal(c, token, delivery, refused))
        raise refused

    async def fire(self) -> list[RunId] | None:
        """Start what is due of one schedule; None when none is due."""
        return await self._do(lambda connection: schedules.fire(self._queue, connection))

    async def fire_all(self, *, within_s: float) -> int:
        """Start what is due, and leave the rest to the next look. Returns how many runs."""
        until = time.monotonic() + within_s
        started = 0
        while (fired := await self.fire()) is not None:
            started += len(fired)
            if time.monotonic() > until:
                break
        return started

    async def _do(self, work: Callable[[sa.Connection], T]) -> T:
        return await asyncio.to_thread(transact, self._engine, work)


def _insist_on_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_MAX or not name.isprintable():
        raise NameInvalid(
            f"{name[:50]!r} is no name.", remedy=f"Use 1 to {NAME_MAX} printable characters."
        )
