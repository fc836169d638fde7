"""Passes authenticated requests on to the gateway, and its answers back as they come.

jupyter-server-proxy's handler was tried first. It drops the close code of a WebSocket (ours say
how to go on), reads on while the browser does not (so the gateway never notices a slow reader),
switches the XSRF check off, and holds a whole answer in memory unless it is an event stream.
"""

import asyncio
import json
from http import HTTPStatus
from typing import Any

import httpx
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.iostream import StreamClosedError

from ..errors import LabError
from ..ids import Json
from .forwarding import RESOURCE, browser_headers, gateway_headers, gateway_url
from .runtime import Runtime

_CODES = {403: "access_denied", 404: "not_found", 405: "method_not_allowed"}


class HttpRelay(APIHandler):
    """A request and its answer, streamed."""

    auth_resource = RESOURCE
    _relaying: "asyncio.Task[None] | None" = None
    _browser_left = False

    def initialize(self, runtime: Runtime) -> None:
        """Take the runtime that the extension looks after."""
        self.runtime = runtime

    def update_api_activity(self) -> None:
        """Note that a person was at work. A panel that looks on must not keep a hub's server up."""
        if self.request.method not in {"GET", "HEAD"}:
            super().update_api_activity()

    # One decorated function a verb: `authorized` remembers the action of its first call.

    @web.authenticated
    @authorized
    async def get(self, _path: str) -> None:
        """Look at something."""
        await self._relay()

    @web.authenticated
    @authorized
    async def head(self, _path: str) -> None:
        """Ask for the headers only."""
        await self._relay()

    @web.authenticated
    @authorized
    async def post(self, _path: str) -> None:
        """Add something, or command."""
        await self._relay()

    @web.authenticated
    @authorized
    async def put(self, _path: str) -> None:
        """Replace something."""
        await self._relay()

    @web.authenticated
    @authorized
    async def patch(self, _path: str) -> None:
        """Change something."""
        await self._relay()

    @web.authenticated
    @authorized
    async def delete(self, _path: str) -> None:
        """Take something away."""
        await self._relay()

    async def _relay(self) -> None:
        self._relaying = asyncio.ensure_future(self._pass_on())
        try:
            await self._relaying
        except asyncio.CancelledError:
            if not self._browser_left:
                raise

    async def _pass_on(self) -> None:
        try:
            request = self.runtime.http.build_request(
                self.request.method or "GET",
                gateway_url(self, self.runtime),
                headers=gateway_headers(self, self.runtime),
                content=self.request.body or None,
            )
            answer = await self.runtime.http.send(request, stream=True)
        except LabError as error:
            self._refuse(error)
            return
        except httpx.TransportError as error:
            self._refuse(self.runtime.down(error))
            return
        try:
            await self._answer(answer)
        except StreamClosedError:
            pass  # the browser left
        except httpx.TransportError:
            # Half of the answer is out, and no status can tell that any more.
            self.detach().close()
        finally:
            await answer.aclose()

    async def _answer(self, answer: httpx.Response) -> None:
        self.set_status(answer.status_code, answer.reason_phrase)
        self.clear_header("Content-Type")
        for name, value in browser_headers(answer.headers.multi_items()):
            self.add_header(name, value)
        await self.flush()  # an event stream's headers must not wait for its first event
        async for chunk in answer.aiter_raw():
            self.write(chunk)
            await self.flush()
        await self.finish()

    def on_connection_close(self) -> None:
        """Stop reading from the gateway when nobody reads here."""
        super().on_connection_close()
        self._browser_left = True
        if self._relaying:
            self._relaying.cancel()

    def _refuse(self, error: LabError) -> None:
        self._problem(error.http_status, error.code, error.message, error.remedy)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what is wrong in the form that the gateway uses."""
        said = getattr(kwargs.get("exc_info", (None, None))[1], "log_message", None)
        self._problem(status_code, _CODES.get(status_code, "jupyter_error"), said or "")

    def _problem(self, status: int, code: str, detail: str, remedy: str = "") -> None:
        phrase = HTTPStatus(status).phrase
        body: dict[str, Json] = {
            "type": "about:blank",
            "title": phrase,
            "status": status,
            "code": code,
            "detail": detail or phrase,
            "remedy": remedy,
        }
        self.set_status(status)
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            self.set_header("Retry-After", "1")
        self.finish(json.dumps(body), set_content_type="application/problem+json")
