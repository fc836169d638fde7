"""How Python talks to the runtime over HTTP: `Client` and the plain data that it gives back."""

from .address import Address, find_address
from .bar import Bar
from .client import Client
from .shipping import ship_flow, ship_modules
from .stream import EventStream
from .waiting import Waiting, Watcher
from .wire import (
    Blob,
    Health,
    Inline,
    OpenQuestion,
    PlanReport,
    Question,
    RunDetail,
    RunEvent,
    RunStarted,
    RunSummary,
    ShippedModule,
    StepRecord,
    Trouble,
    Value,
)

__all__ = [
    "Address",
    "Bar",
    "Blob",
    "Client",
    "EventStream",
    "Health",
    "Inline",
    "OpenQuestion",
    "PlanReport",
    "Question",
    "RunDetail",
    "RunEvent",
    "RunStarted",
    "RunSummary",
    "ShippedModule",
    "StepRecord",
    "Trouble",
    "Value",
    "Waiting",
    "Watcher",
    "find_address",
    "ship_flow",
    "ship_modules",
]
