"""Passes a run's live events from the gateway to the browser."""

import asyncio
import contextlib
from http import HTTPStatus
from typing import Any

import websockets.asyncio.client as client
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado import httputil, web
from tornado.iostream import StreamClosedError
from tornado.routing import PathMatches
from tornado.websocket import WebSocketClosedError, WebSocketHandler
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from ..errors import LabError
from .forwarding import RESOURCE, gateway_headers, gateway_url
from .runtime import Runtime

SERVICE_RESTART = 1012
"""Close code: the other side went away in the middle. Come back and resume."""
TRY_AGAIN_LATER = 1013
"""Close code: nobody is there at all."""
_SAID_NOTHING = {None, 1005, 1006}


class UpgradeMatches(PathMatches):
    """Matches requests that want to become a WebSocket."""

    def match(self, request: httputil.HTTPServerRequest) -> dict[str, Any] | None:
        """Match by path, if the request asks for an upgrade."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return None
        return super().match(request)


class SocketRelay(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """A stream. Each side waits for the other, and hears why it ended."""

    auth_resource = RESOURCE
    _relaying: "asyncio.Task[None] | None" = None
    _gateway: client.ClientConnection | None = None

    def initialize(self, runtime: Runtime) -> None:
        """Take the runtime that the extension looks after."""
        self.runtime = runtime

    @ws_authenticated
    async def get(self, *args: str) -> None:
        """Ask the authorizer, then shake hands."""
        allowed = self.authorizer.is_authorized(self, self.current_user, "read", RESOURCE)
        if not await ensure_async(allowed):
            raise web.HTTPError(HTTPStatus.FORBIDDEN)
        await super().get(*args)

    async def open(self, *args: str) -> None:
        """Connect to the gateway and pass on what it says."""
        super().open(*args)
        try:
            self._gateway = await self._connect()
        except (LabError, OSError, TimeoutError):
            self.close(TRY_AGAIN_LATER, "runtime_down")
        except InvalidHandshake as refused:
            self.log.warning("The gateway refused a stream: %s", refused)
            self.close(TRY_AGAIN_LATER, "refused")
        else:
            self._relaying = asyncio.ensure_future(self._pass_on(self._gateway))

    async def _connect(self) -> client.ClientConnection:
        url = "ws" + gateway_url(self, self.runtime).removeprefix("http")
        options: dict[str, Any] = {
            "additional_headers": gateway_headers(self, self.runtime),
            "user_agent_header": None,
            "max_size": None,
            "compression": None,  # one machine talks to itself
            "open_timeout": 5,
            "ping_interval": None,  # the browser's connection is the one that gets lost
        }
        if self.runtime.address.socket:
            return await client.unix_connect(str(self.runtime.address.socket), url, **options)
        return await client.connect(url, proxy=None, **options)

    async def _pass_on(self, gateway: client.ClientConnection) -> None:
        """Read from the gateway only as fast as the browser takes it."""
        while True:
            try:
                message = await gateway.recv()
                await self.write_message(message, binary=isinstance(message, bytes))
            except ConnectionClosed:
                break
            except (WebSocketClosedError, StreamClosedError):
                return  # the browser left; `on_close` tidies up
        code = SERVICE_RESTART if gateway.close_code in _SAID_NOTHING else gateway.close_code
        self.close(code, gateway.close_reason)

    async def on_message(self, message: str | bytes) -> None:
        """Pass on what the browser says."""
        if self._gateway:
            with contextlib.suppress(ConnectionClosed):  # `_pass_on` tells the browser
                await self._gateway.send(message)

    def on_close(self) -> None:
        """The browser left: leave the gateway too."""
        super().on_close()
        if self._relaying:
            self._relaying.cancel()
        if self._gateway:
            self._leaving = asyncio.ensure_future(self._gateway.close())
