"""What passes between a browser's request to Jupyter and ours to the gateway, and what doesn't."""

import getpass
import os
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
    User,
)
from jupyter_server.base.handlers import JupyterHandler

from .runtime import Runtime

RESOURCE = "persistentai"
"""What Jupyter's Authorizer is asked about."""

_BETWEEN_NEIGHBOURS = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_MADE_ANEW = {"host", "content-length", "expect"}
_SECRETS_OF_JUPYTER = {"cookie", "authorization", "x-xsrftoken"}
_OURS_TO_SAY = {"x-persistentai-identity", "x-forwarded-prefix"}
_NOT_FOR_THE_GATEWAY = _BETWEEN_NEIGHBOURS | _MADE_ANEW | _SECRETS_OF_JUPYTER | _OURS_TO_SAY

# What is served here shares Jupyter's origin: its own cookies and policy stay.
_NOT_FOR_THE_BROWSER = _BETWEEN_NEIGHBOURS | {"set-cookie", "content-security-policy"}
_HANDSHAKE = "sec-websocket-"


def gateway_url(handler: JupyterHandler, runtime: Runtime) -> str:
    """The same path at the gateway, without Jupyter's token."""
    path = handler.request.path.removeprefix(handler.base_url)
    url = f"{runtime.address.url.rstrip('/')}/{path}"
    query = handler.request.query
    if "token=" in query:
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in pairs if name != "token"])
    return f"{url}?{query}" if query else url


def gateway_headers(handler: JupyterHandler, runtime: Runtime) -> list[tuple[str, str]]:
    """The caller's headers, less what is not the gateway's business, plus who the caller is."""
    kept = [
        (name, value)
        for name, value in handler.request.headers.get_all()
        if name.lower() not in _NOT_FOR_THE_GATEWAY and not name.lower().startswith(_HANDSHAKE)
    ]
    added = runtime.credentials(user_name(handler.identity_provider, handler.current_user))
    return [*kept, *added.items(), ("X-Forwarded-Prefix", handler.base_url.rstrip("/"))]


def browser_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The gateway's headers, less what only its neighbour may hear."""
    return [(name, value) for name, value in headers if name.lower() not in _NOT_FOR_THE_BROWSER]


def user_name(provider: IdentityProvider, user: User) -> str:
    """A stable name for whoever is logged in.

    Jupyter's own providers make up a name for each token login; the person behind it is the one
    who runs the server.
    """
    made_up = type(provider) in {IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider}
    if made_up:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    return user.username
