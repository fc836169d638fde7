"""What routes may call, and who is calling. Built once, by `serve`; never a global."""

import secrets
import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, WebSocket
from fastapi.requests import HTTPConnection, Request

from ..engine.commands.commands import Commands
from ..engine.commands.limits import Limits
from ..engine.commands.signals import Signals
from ..engine.commands.steering import Steering
from ..engine.retention import Retention
from ..engine.triggers.triggers import Triggers
from ..errors import AccessDenied
from ..flow.signature import Signature
from ..security.identity import IDENTITY_HEADER, Identity, verify
from ..storage.bell import Bell
from ..storage.blobs import Blobs
from ..storage.browse import Browse
from ..storage.hub import Hub
from ..storage.memory import MemoryTree
from ..storage.policy import Policies
from ..storage.pool import Pool
from ..storage.runs import Runs
from ..storage.triggers import TriggerReads


@dataclass(frozen=True, slots=True)
class Services:
    """The gateway's parts."""

    commands: Commands
    steering: Steering
    limits: Limits
    triggers: Triggers
    signals: Signals
    runs: Runs
    trigger_reads: TriggerReads
    blobs: Blobs
    memory: MemoryTree
    browse: Browse
    bell: Bell
    policies: Policies
    retention: Retention
    hub: Hub
    pool: Pool
    builtin: dict[str, Signature]
    identity_key: bytes
    token: str
    """Bearer token of the local API, for callers that come over TCP."""
    local: Identity
    """Who calls over the unix socket without saying more: the folder it lies in is private."""


def services(connection: HTTPConnection) -> Services:
    """The parts, as the app holds them."""
    found: Services = connection.app.state.services
    return found


def identity(connection: HTTPConnection) -> Identity:
    """Who is calling. Raises `AccessDenied`.

    A signed header (from the Jupyter extension) says it; otherwise the unix socket's folder or the
    bearer token proves that it is the owner of this runtime.
    """
    parts = services(connection)
    if signed := connection.headers.get(IDENTITY_HEADER):
        return verify(signed, parts.identity_key, time.time())
    if connection.client is None:
        return parts.local
    scheme, _, token = connection.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), parts.token.encode()):
        return parts.local
    raise AccessDenied(
        "This address needs a token.",
        remedy="Send `Authorization: Bearer …` with the text of the runtime's token file.",
    )


# Async, though they wait for nothing: FastAPI would take each of the others to a thread.


async def _of_request(request: Request) -> Services:
    return services(request)


async def _caller_of_request(request: Request) -> Identity:
    return identity(request)


async def _of_socket(websocket: WebSocket) -> Services:
    return services(websocket)


Parts = Annotated[Services, Depends(_of_request)]
Caller = Annotated[Identity, Depends(_caller_of_request)]
SocketParts = Annotated[Services, Depends(_of_socket)]
