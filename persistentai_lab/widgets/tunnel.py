"""Requests and event streams of a view that reaches no gateway, carried by the kernel.

Only what lies below the API's root passes; each stream has a thread that ends with its view.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from ..errors import AccessDenied, LabError, RunNotFound
from ..ids import Json
from .answer import told

ROOT = "persistentai/api/v1/"
METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})
MOST_STREAMS = 50
"""A page that opens more than this has lost count of them."""
ENDED, NOT_FOUND, TRY_LATER = 1000, 4404, 1013
_EVENTS = re.compile(r"runs/([^/?#]+)/events(?:\?.*)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    media_type: str
    body: bytes


class Stream(Protocol):
    """A run's events, as JSON; `close` ends it from another thread."""

    def __iter__(self) -> Iterator[Json]: ...

    def close(self) -> None:
        """End the iteration."""


class Gateway(Protocol):
    """As much of a gateway as a view needs; paths are relative to the API's root."""

    def forward(self, method: str, path: str, body: bytes | None) -> Answer:
        """Send a request and return its answer. Raises `LabError`."""
        ...

    def follow(self, run_id: str, after: int) -> Stream:
        """The events of a run after a position."""
        ...


Send = Callable[[dict[str, Json], bytes | None], None]


class Tunnel:
    """Carries what one widget's views ask, and brings the answers back.

    Args:
        gateway: Where it leads.
        send: Hands a message to the views; threads call it.
    """

    def __init__(self, gateway: Gateway, send: Send) -> None:
        self._gateway = gateway
        self._send = send
        self._streams: dict[str, Stream | None] = {}
        """By the view's id; None while it is being opened."""
        self._lock = threading.Lock()

    def fetch(self, message: dict[str, Any]) -> None:
        """Answer a request, in a thread."""
        _in_a_thread(self._fetch, message, str(message["id"]))

    def open(self, message: dict[str, Any]) -> None:
        """Open a stream of events, in a thread."""
        name = str(message["id"])
        with self._lock:
            if name in self._streams or len(self._streams) >= MOST_STREAMS:
                self._send(_closed(name, TRY_LATER, "too many streams"), None)
                return
            self._streams[name] = None
        _in_a_thread(self._stream, message, name)

    def shut(self, name: str) -> None:
        """A view has closed its stream."""
        with self._lock:
            stream = self._streams.pop(name, None)
        if stream is not None:
            stream.close()

    def close(self) -> None:
        """All of them: the widget is gone."""
        for name in list(self._streams):
            self.shut(name)

    def _fetch(self, message: dict[str, Any], name: str) -> None:
        try:
            method, body = str(message.get("method") or "GET").upper(), message.get("body")
            if method not in METHODS:
                raise AccessDenied(f"{method} is not carried over the kernel.")
            content = None if body is None else str(body).encode()
            answer = self._gateway.forward(method, below_root(str(message["path"])), content)
        except LabError as error:
            said = told(error)
            problem = {"detail": said["message"], **said, "status": error.http_status}
            data = json.dumps(problem).encode()
            answer = Answer(error.http_status, "application/problem+json", data)
        head: dict[str, Json] = {"type": "fetched", "id": name, "status": answer.status}
        self._send({**head, "media_type": answer.media_type}, answer.body)

    def _stream(self, message: dict[str, Any], name: str) -> None:
        try:
            code, reason = self._follow(below_root(str(message["path"])), name)
        except RunNotFound as error:
            code, reason = NOT_FOUND, error.message
        except LabError as error:
            code, reason = TRY_LATER, error.message
        with self._lock:
            is_open = name in self._streams
            self._streams.pop(name, None)
        if is_open:
            self._send(_closed(name, code, reason), None)

    def _follow(self, path: str, name: str) -> tuple[int, str]:
        found = _EVENTS.fullmatch(path)
        if found is None:
            return NOT_FOUND, "Only the events of a run are a stream."
        after = parse_qs(urlsplit(path).query).get("after", ["0"])[0]
        stream = self._gateway.follow(unquote(found[1]), int(after) if after.isdecimal() else 0)
        with self._lock:
            if name not in self._streams:  # closed before it was open
                stream.close()
                return ENDED, ""
            self._streams[name] = stream
        self._send({"type": "opened", "id": name}, None)
        for event in stream:
            if name not in self._streams:
                break
            self._send({"type": "event", "id": name, "data": json.dumps(event)}, None)
        return ENDED, "the run has ended"


def below_root(path: str) -> str:
    """The part of a path below the API's root. Raises `AccessDenied` for any other."""
    rest = path.removeprefix(ROOT)
    parts = unquote(rest.partition("?")[0]).split("/")
    if rest == path or {"", ".", ".."} & set(parts) or re.search(r"[\s\\#]", rest):
        raise AccessDenied("Only the API of PersistentAI is carried over the kernel.")
    return rest


def _closed(name: str, code: int, reason: str) -> dict[str, Json]:
    return {"type": "closed", "id": name, "code": code, "reason": reason}


def _in_a_thread(work: Callable[[dict[str, Any], str], None], message: Any, name: str) -> None:
    threading.Thread(target=work, args=(message, name), name=f"view-{name}", daemon=True).start()
