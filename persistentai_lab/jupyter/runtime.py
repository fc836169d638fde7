"""The runtime as Jupyter Server sees it: where it is, whether it answers, how it is started."""

import asyncio
import logging
import sys
import time
from collections.abc import MutableMapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Literal

import httpx

from ..client.address import Address, find_address
from ..errors import LabError, RuntimeDown
from ..ids import DEFAULT_WORKSPACE, Json
from ..security.identity import Identity, sign
from ..security.secret import identity_key
from ..storage.home import Home
from ..uncaught import tell_of

State = Literal["up", "starting", "down", "failed"]

PATIENCE_S = 2.0
"""How long the gateway may take to answer a question about its health."""


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """What a panel needs to say why it is empty, and what to do."""

    state: State
    address: str
    can_start: bool
    detail: str = ""
    remedy: str = ""
    health: Json = None

    def to_json(self) -> dict[str, Json]:
        """The status as it travels on the wire."""
        return asdict(self)


class Runtime:
    """One runtime, local or elsewhere. Jupyter going down does not stop it."""

    def __init__(self, environ: MutableMapping[str, str], log: logging.Logger) -> None:
        self._environ = environ
        self._log = log
        self._starting: asyncio.Task[None] | None = None
        # Looked up now: later the variable is our own export to kernels.
        self.is_local = not environ.get("PERSISTENTAI_URL")
        """Whether it is ours to start: nobody has pointed us at another one."""
        self._failure = ""

    @cached_property
    def address(self) -> Address:
        """Where the gateway listens.

        Raises:
            LabError: There is no safe place for its socket; says what to do.
        """
        return find_address(self._environ)

    @cached_property
    def http(self) -> httpx.AsyncClient:
        """Connections to the gateway, kept open between requests."""
        transport = (
            httpx.AsyncHTTPTransport(uds=str(self.address.socket), limits=_NO_LIMITS)
            if self.address.socket
            else httpx.AsyncHTTPTransport(limits=_NO_LIMITS)
        )
        return httpx.AsyncClient(transport=transport, timeout=_TIMEOUT, trust_env=False)

    def credentials(self, user: str) -> dict[str, str]:
        """Headers that tell the gateway on whose behalf we ask.

        The local gateway trusts a name signed with the key of this home; one elsewhere trusts a
        bearer token.
        """
        if self.address.socket is None:
            return self.address.headers()
        identity = Identity(user=user, workspace=DEFAULT_WORKSPACE)
        return {"X-PersistentAI-Identity": sign(identity, self._key, time.time())}

    @cached_property
    def _key(self) -> bytes:
        return identity_key(Home.open(environment=self._environ))

    def export_to_kernels(self) -> None:
        """Let kernels, which inherit our environment, find the same runtime."""
        try:
            address = self.address
        except LabError as error:
            self._failure = str(error)
            return
        if address.socket:
            self._environ.setdefault("PERSISTENTAI_URL", f"unix:{address.socket}")
        if address.token_file:
            self._environ.setdefault("PERSISTENTAI_TOKEN_FILE", str(address.token_file))

    async def status(self) -> RuntimeStatus:
        """Ask the gateway how it is; if it doesn't answer, say why and what to do."""
        try:
            url = f"{self.address.http}/health"
            answer = await self.http.get(url, timeout=PATIENCE_S)
            answer.raise_for_status()
            return RuntimeStatus("up", str(self.address), self.is_local, health=answer.json())
        except LabError as error:
            return RuntimeStatus("failed", "", False, error.message, error.remedy)
        except (httpx.HTTPError, ValueError) as error:
            return self._absent(error)

    def _absent(self, error: Exception) -> RuntimeStatus:
        address, can_start = str(self.address), self.is_local
        if self._starting and not self._starting.done():
            return RuntimeStatus("starting", address, can_start, "The runtime is starting.")
        down = self.down(error)
        if self._failure:
            return RuntimeStatus("failed", address, can_start, self._failure, down.remedy)
        return RuntimeStatus("down", address, can_start, down.message, down.remedy)

    def down(self, error: Exception) -> RuntimeDown:
        """The error for a gateway that did not answer."""
        absent = isinstance(error, httpx.ConnectError)
        return self.address.down("" if absent else f"{type(error).__name__}.")

    def begin_start(self) -> None:
        """Run `persistentai up` unless it is being run. Its processes outlive this one."""
        if self._starting is None or self._starting.done():
            self._starting = tell_of(asyncio.create_task(self._up(), name="persistentai up"))

    async def _up(self) -> None:
        self._failure = ""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "persistentai_lab.cli", "up"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in Jupyter's terminal is not meant for the runtime
            env={name: value for name, value in self._environ.items() if name != _OURS},
        )
        _, said = await process.communicate()
        if process.returncode:
            last = said.decode(errors="replace").strip()[-1000:]
            self._failure = last or f"`persistentai up` ended with code {process.returncode}."
            self._log.error("The PersistentAI runtime did not start: %s", self._failure)


_OURS = "PERSISTENTAI_URL"
_NO_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=8)
_TIMEOUT = httpx.Timeout(connect=5.0, read=None, write=60.0, pool=None)
