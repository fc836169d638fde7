"""What is sent about schedules and webhooks, and what comes back."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..engine.triggers.schedules import When
from ..errors import LabError
from ..ids import Json, RunId
from ..storage.triggers import Delivery, ScheduleDetail, Version, WebhookDetail
from .runs import Code

TIMES_MAX = 50


class FlowUnclear(LabError):
    """A trigger says no flow to start, or two."""

    code = "flow_unclear"
    http_status = 422


class Target(BaseModel):
    """What a trigger starts."""

    model_config = ConfigDict(extra="forbid")

    flow: dict[str, Json] | None = None
    like: RunId | None = None
    """Instead of a flow and its code: a run, whose pinned version is started."""
    inputs: dict[str, Json] = {}
    """Those that are the same every time."""
    code: list[Code] = []

    @property
    def drawn(self) -> dict[str, Json]:
        """The flow. Raises `FlowUnclear`."""
        if self.flow is None or self.like is not None:
            raise FlowUnclear(
                "It is not clear which flow to start.", remedy="Send `flow`, or `like` a run."
            )
        return self.flow


class _When(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cron: str | None = Field(default=None, max_length=200)
    """Five fields: minute, hour, day, month, weekday."""
    at: datetime | None = None
    """Once, instead of again and again."""
    zone: str = Field(default="UTC", max_length=100)
    """Where the clock hangs that `cron` speaks of, such as `Europe/Berlin`."""
    missed: Literal["skip", "once", "all"] = "once"
    """What becomes of the times at which nobody was there."""

    def read(self) -> When:
        """As the engine takes it."""
        return When(self.cron, self.at, self.zone, self.missed)


class Schedule(Target, _When):
    """Which flow to start when. Either `cron` or `at`."""


class Preview(_When):
    """A schedule that somebody thinks of."""

    count: int = Field(default=5, ge=1, le=TIMES_MAX)


class Times(BaseModel):
    """When a schedule would start a run."""

    words: str | None
    """What its expression says; None when it has none."""
    times: list[datetime]


class ScheduleShown(ScheduleDetail):
    """A schedule, for people."""

    words: str | None
    """What its expression says; None when it is for once."""


class Rotate(BaseModel):
    """What of a webhook is to be another one; the old one is dead at once."""

    model_config = ConfigDict(extra="forbid")

    address: bool = False
    secret: bool = False


class Deliveries(BaseModel):
    """What was sent to a webhook last, newest first."""

    deliveries: list[Delivery]


class Versions(BaseModel):
    """What may be started by itself, what ran last foremost."""

    versions: list[Version]


class Webhook(Target):
    """Which flow to start when something is sent."""

    body: str | None = Field(default=None, max_length=500)
    """The input that gets what is sent; an empty text: its fields go to the inputs of their names.
    Left out: the input `body`, or the only one."""
    signature: Literal["none", "standard", "github"] = "none"


class Switch(BaseModel):
    """Whether a trigger is at work."""

    model_config = ConfigDict(extra="forbid")

    on: bool


class WebhookMade(WebhookDetail):
    """A webhook, with its secrets if it was made just now."""

    path: str | None
    """Where to send to; told this once."""
    secret: str | None
    """What to sign with; told this once."""


class Schedules(BaseModel):
    """Schedules, by name."""

    schedules: list[ScheduleShown]


class Webhooks(BaseModel):
    """Webhooks, by name."""

    webhooks: list[WebhookDetail]
