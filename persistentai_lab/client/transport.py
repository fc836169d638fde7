"""One request and its answer, with patience for a gateway that is just being restarted."""

import json
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import LabError, Unavailable
from .address import Address
from .problem import error_from_problem

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 30.0


class Transport:
    """Sends requests to one gateway. Threads may share it."""

    def __init__(self, address: Address, *, patience_s: float = 5.0) -> None:
        self.address = address
        self.patience_s = patience_s
        """How long a request is repeated while the gateway is away, if repeating it is safe."""

    @cached_property
    def _http(self) -> "httpx.Client":
        import httpx

        from .unix import over

        socket = self.address.socket
        local = socket is not None or is_loopback(self.address.url)
        http = httpx.Client(
            base_url=self.address.http,
            transport=over(str(socket)) if socket else None,
            timeout=httpx.Timeout(TIMEOUT_S, connect=5.0),
            trust_env=not local,  # a proxy for the web has no business between us and ourselves
        )
        # A notebook's cells drop clients and never close them: its connections go with the last
        # who knows it, not whenever the collector comes across them.
        weakref.finalize(self, http.close)
        return http

    def close(self) -> None:
        """Let go of the connections."""
        if "_http" in self.__dict__:
            self._http.close()

    def _opened(self) -> "httpx.Client":
        if self._http.is_closed:
            raise Unavailable(
                f"This client of the runtime at {self.address} was closed.",
                remedy="Make another: `with pai.Client() as client: …`.",
            )
        return self._http

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Fetch JSON."""
        return self.request("GET", path, params=params)

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Any:
        """Send JSON. Not `repeatable`: doing it twice would be a different thing."""
        return self.request("POST", path, body=body, headers=headers, repeatable=repeatable)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Any:
        """Send one request and return the JSON of its answer."""
        content = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if content else {}
        answer = self.send(
            method,
            path,
            params=params,
            content=content,
            headers={**sent, **(headers or {})},
            repeatable=repeatable,
        )
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            raise error_from_problem(answer.status_code, None) from None

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        content: bytes | Callable[[], Iterator[bytes]] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        timeout_s: float = TIMEOUT_S,
    ) -> "httpx.Response":
        """Send one request, again if need be, and return a good answer or raise ours.

        What is too large for memory is `content` as a function, which reads it anew for each try.
        """
        import httpx

        pauses = self._pauses()
        while True:
            try:
                answer = self._opened().request(
                    method,
                    path,
                    params=params,
                    content=content() if callable(content) else content,
                    headers={**self.address.headers(), **(headers or {})},
                    timeout=httpx.Timeout(timeout_s, connect=5.0),
                )
            except httpx.ConnectError as error:  # it never left: safe to repeat, whatever it is
                if self.address.is_absent():
                    raise self.address.down() from None
                trouble: LabError = self.address.down(str(error))
            except httpx.TimeoutException:
                trouble = Unavailable(f"The runtime at {self.address} did not answer in time.")
                raise trouble from None
            except httpx.TransportError as error:
                trouble = self.address.down(str(error) or "it hung up")
                if not repeatable:
                    raise trouble from None
            else:
                if answer.status_code < 400:
                    return answer
                trouble = error_from_problem(answer.status_code, _json(answer))
                if not (repeatable and isinstance(trouble, Unavailable)):
                    raise trouble
            _pause(pauses, trouble)

    def stream(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[bytes]:
        """What a path answers, a piece at a time; once it has begun, it is not asked for again."""
        import httpx

        sent = {**self.address.headers(), **(headers or {})}
        try:
            with self._opened().stream("GET", path, params=params, headers=sent) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    raise error_from_problem(answer.status_code, _json(answer))
                yield from answer.iter_bytes()
        except httpx.TransportError as error:
            raise self.address.down(str(error) or "it hung up") from None

    def _pauses(self) -> Iterator[float]:
        deadline = time.monotonic() + self.patience_s
        pause = 0.05
        while time.monotonic() + pause < deadline:
            yield pause
            pause = min(pause * 2, 1.0)


def _pause(pauses: Iterator[float], trouble: LabError) -> None:
    """Wait for the next attempt, or give up."""
    pause = next(pauses, None)
    if pause is None:
        raise trouble from None
    time.sleep(pause)


def _json(answer: "httpx.Response") -> object:
    try:
        return answer.json()
    except ValueError:
        return None


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
