"""How Python talks to the runtime over HTTP: `Client` and the plain data that it gives back."""

from .address import Address, find_address
from .bar import Bar
from .client import Client
from .shipping import ship_flow, ship_modules
from .stream import EventStream
from .waiting import Waiting, Watcher
from .wire import (
    Blob,
    Expired,
    Health,
    Inline,
    Kept,
    OpenQuestion,
    PlanReport,
    Question,
    Retained,
    RunDetail,
    RunEvent,
    RunStarted,
    RunSummary,
    Schedule,
    ShippedModule,
    StepRecord,
    Sweep,
    Trouble,
    Value,
    Webhook,
    WebhookMade,
)

__all__ = [
    "Address",
    "Bar",
    "Blob",
    "Client",
    "EventStream",
    "Expired",
    "Health",
    "Inline",
    "Kept",
    "OpenQuestion",
    "PlanReport",
    "Question",
    "Retained",
    "RunDetail",
    "RunEvent",
    "RunStarted",
    "RunSummary",
    "Schedule",
    "ShippedModule",
    "StepRecord",
    "Sweep",
    "Trouble",
    "Value",
    "Waiting",
    "Watcher",
    "Webhook",
    "WebhookMade",
    "find_address",
    "ship_flow",
    "ship_modules",
]
