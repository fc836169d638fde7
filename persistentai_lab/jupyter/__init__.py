"""The Jupyter Server extension: starts the local runtime and lends it Jupyter's authentication.

Importing this is cheap and never raises. When the runtime is away, only what needs it says so.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "persistentai_lab.jupyter"}]


def _load_jupyter_server_extension(server: "ServerApp") -> None:
    from .extension import load

    load(server)
