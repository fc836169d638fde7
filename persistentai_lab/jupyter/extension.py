"""The composition root of what runs inside Jupyter Server."""

import os

import tornado.web
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado.routing import Rule
from traitlets import Bool, Unicode
from traitlets.config import Configurable

from .assets import STATIC, Assets
from .http_relay import HttpRelay
from .runtime import Runtime
from .socket_relay import SocketRelay, UpgradeMatches
from .status import StartHandler, StatusHandler

PREFIX = "persistentai"


class PersistentAILab(Configurable):
    """Settings, `c.PersistentAILab.…` in jupyter_server_config.py."""

    url = Unicode(
        help="The runtime to use: `http(s)://…` or `unix:/path/to/socket`. "
        "Default: PERSISTENTAI_URL, else a runtime on this machine."
    ).tag(config=True)

    start_runtime = Bool(
        True,
        help="Start the runtime on this machine when Jupyter starts and no other is configured.",
    ).tag(config=True)


def load(server: ServerApp) -> None:
    """Add our routes to the server and, unless told otherwise, start the local runtime."""
    settings = PersistentAILab(config=server.config)
    if settings.url:
        os.environ["PERSISTENTAI_URL"] = settings.url
    runtime = Runtime(os.environ, log=server.log)
    add_routes(server.web_app, runtime)
    runtime.export_to_kernels()
    if settings.start_runtime and runtime.is_local:
        server.io_loop.add_callback(runtime.begin_start)


def add_routes(app: tornado.web.Application, runtime: Runtime) -> None:
    """Add the extension's own routes and the relay to the gateway, under the server's base URL."""

    def path(*parts: str) -> str:
        return url_path_join(app.settings["base_url"], PREFIX, *parts)

    given = {"runtime": runtime}
    app.add_handlers(
        ".*",
        [
            (path("status"), StatusHandler, given),
            (path("start"), StartHandler, given),
            (path("static", "(.*)"), Assets, {"path": str(STATIC)}),
            Rule(UpgradeMatches(path("(.*)")), SocketRelay, given),
            (path("(.*)"), HttpRelay, given),
        ],
    )
