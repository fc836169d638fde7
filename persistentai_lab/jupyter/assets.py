"""The UI bundle, served without the gateway so that a panel can say what is wrong with it."""

from pathlib import Path

from jupyter_server.base.handlers import AuthenticatedFileHandler

STATIC = Path(__file__).parent.parent / "static"


class Assets(AuthenticatedFileHandler):
    """Files of the UI bundle, for people who are logged in."""

    auth_resource = "persistentai"
