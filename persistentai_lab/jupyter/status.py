"""Routes that answer when the gateway does not."""

import json
from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from .runtime import Runtime


class StatusHandler(APIHandler):
    """Whether the runtime is up; if not, why, and what to do."""

    auth_resource = "persistentai"
    _track_activity = False

    def initialize(self, runtime: Runtime) -> None:
        """Take the runtime that the extension looks after."""
        self._runtime = runtime

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `RuntimeStatus`."""
        status = await self._runtime.status()
        self.finish(json.dumps(status.to_json()))


class StartHandler(APIHandler):
    """A person asks for the local runtime to be started."""

    auth_resource = "persistentai"

    def initialize(self, runtime: Runtime) -> None:
        """Take the runtime that the extension looks after."""
        self._runtime = runtime

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start it in the background; `status` tells how that goes."""
        if not self._runtime.is_local:
            raise web.HTTPError(HTTPStatus.CONFLICT, "This runtime is not ours to start.")
        self._runtime.begin_start()
        status = await self._runtime.status()
        self.set_status(HTTPStatus.ACCEPTED)
        self.finish(json.dumps(status.to_json()))
