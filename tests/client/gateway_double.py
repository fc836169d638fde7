"""A double of the gateway: a real HTTP and WebSocket server on a unix socket, with canned runs."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

API = "/persistentai/api/v1"


def envelope(seq: int, kind: str, node: str | None = None, **fields: Any) -> dict[str, Any]:
    """An event as the gateway sends it."""
    return {
        "seq": seq, "run": "r-1", "workspace": "default", "at": "2026-11-23T10:00:00Z",
        "owner": "ann", "caller": "ann", "path": None, "node": node, "attempt": 1,
        "event": {"type": kind, **fields},
    }  # fmt: skip


def run_of(count: int) -> list[dict[str, Any]]:
    """The events of a run that completes."""
    middle = [envelope(seq, "node.logged", level="info", message="m") for seq in range(2, count)]
    return [envelope(1, "run.created"), *middle, envelope(count, "run.completed", outputs={})]


class GatewayDouble:
    """Serves what a test puts in; remembers what it was asked."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.status = "running"
        self.detail: dict[str, Any] = {}
        self.requests: list[Request] = []
        self.bodies: list[Any] = []
        self.refusals: list[Response] = []
        """Given once each, before any request is answered."""
        self.afters: list[int] = []
        """Positions from which streams were opened."""
        self.cuts: list[tuple[int, int]] = []
        """Once each: (events to send, code to close a stream with)."""
        self.no_websockets = False
        self.flow: dict[str, Any] = {"schema_version": 1, "name": "report"}
        self.blob_type = "image/png"
        self.others: list[str] = []
        """Ids of more runs in the list."""
        self.policy = {"keep_days": 90, "keep_failed_days": None, "keep_last": 20}
        self.due: dict[str, Any] = {"runs": 3, "blobs": 2, "blob_bytes": 5_000_000}
        self.sweeps: list[dict[str, Any]] = []
        self.strict = False
        """Whether a run of another id is not found."""
        self._server: uvicorn.Server | None = None

    def start(self) -> None:
        """Listen; returns when it does."""
        config = uvicorn.Config(
            self._app(), uds=str(self.socket), log_level="error", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def stop(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.should_exit = self._server.force_exit = True
            self._thread.join(60)
            self._server = None

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(f"{API}/runs", self._start, methods=["POST"]),
                Route(f"{API}/runs", self._list),
                Route(f"{API}/runs/{{run}}", self._get),
                Route(f"{API}/runs/{{run}}/events", self._page),
                Route(f"{API}/runs/{{run}}/flow", self._flow),
                Route(f"{API}/runs/{{run}}/graph", self._graph),
                Route(f"{API}/runs/{{run}}/fork", self._start, methods=["POST"]),
                Route(f"{API}/runs/{{run}}/replay", self._start, methods=["POST"]),
                Route(f"{API}/runs/{{run}}/cancel", self._accept, methods=["POST"]),
                Route(f"{API}/runs/{{run}}/questions/{{q}}/answer", self._accept, methods=["POST"]),
                Route(f"{API}/blobs/{{ref}}", self._blob),
                Route(f"{API}/retention", self._retention, methods=["GET", "PUT"]),
                Route(f"{API}/retention/would", self._would, methods=["POST"]),
                Route(f"{API}/retention/sweep", self._sweep, methods=["POST"]),
                WebSocketRoute(f"{API}/runs/{{run}}/events", self._stream),
            ]
        )

    async def _note(self, request: Request) -> Response | None:
        self.requests.append(request)
        body = await request.body()
        self.bodies.append(await request.json() if body else None)
        return self.refusals.pop(0) if self.refusals else None

    async def _start(self, request: Request) -> Response:
        refusal = await self._note(request)
        return refusal or JSONResponse({"run_id": "r-1", "status": "queued"}, 201)

    async def _list(self, request: Request) -> Response:
        refusal = await self._note(request)
        run = {"flow": "report", "status": self.status, "questions": 0}
        runs = [run | {"run_id": run_id} for run_id in ("r-1", *self.others)]
        return refusal or JSONResponse({"runs": runs})

    async def _get(self, request: Request) -> Response:
        refusal = await self._note(request)
        if self.strict and request.path_params["run"] not in ("r-1", *self.others):
            return problem("run_not_found", 404, "No such run.")
        run = {"run_id": "r-1", "flow": "report", "status": self.status, "new_field": 1}
        return refusal or JSONResponse(run | self.detail)

    async def _flow(self, request: Request) -> Response:
        return await self._note(request) or JSONResponse(self.flow)

    async def _graph(self, request: Request) -> Response:
        known = JSONResponse(self.graph) if self.graph else Response(status_code=404)
        return await self._note(request) or known

    async def _page(self, request: Request) -> Response:
        refusal = await self._note(request)
        if request.path_params["run"] != "r-1":
            return problem("run_not_found", 404, "No run 'r-2'.")
        after, limit = int(request.query_params["after"]), int(request.query_params["limit"])
        found = [event for event in self.events if event["seq"] > after][:limit]
        return refusal or JSONResponse({"events": found})

    async def _accept(self, request: Request) -> Response:
        refusal = await self._note(request)
        return refusal or Response(status_code=202)

    async def _blob(self, request: Request) -> Response:
        refusal = await self._note(request)
        return refusal or Response(b"PNG", media_type=self.blob_type)

    async def _retention(self, request: Request) -> Response:
        refusal = await self._note(request)
        return refusal or JSONResponse({"policy": self.policy, "due": self.due})

    async def _would(self, request: Request) -> Response:
        return await self._note(request) or JSONResponse(self.due | {"runs": 7})

    async def _sweep(self, request: Request) -> Response:
        refusal = await self._note(request)
        return refusal or JSONResponse(self.sweeps.pop(0))

    async def _stream(self, socket: WebSocket) -> None:
        if self.no_websockets:
            await socket.close()  # the server refuses the upgrade with 403
            return
        await socket.accept()
        if socket.path_params["run"] != "r-1":
            await socket.close(4404)
            return
        seq = int(socket.query_params["after"])
        self.afters.append(seq)
        count, code = self.cuts.pop(0) if self.cuts else (10**9, 1000)
        while True:
            for event in [event for event in self.events if event["seq"] > seq]:
                if not count:
                    break
                await socket.send_json(event)
                seq, count = event["seq"], count - 1
            if not count or self._is_over_at(seq):
                await socket.close(code)
                return
            await asyncio.sleep(0.005)

    def _is_over_at(self, seq: int) -> bool:
        last = self.events[-1] if self.events else {"seq": 0, "event": {"type": ""}}
        return bool(last["seq"] == seq and last["event"]["type"] in ("run.completed", "run.failed"))


def problem(code: str, status: int, detail: str, **more: Any) -> JSONResponse:
    """A problem document."""
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}
    return JSONResponse(body | more, status, media_type="application/problem+json")


@contextmanager
def serving(folder: Path) -> Iterator[GatewayDouble]:
    """A double that listens in `folder`."""
    double = GatewayDouble(folder / "g.sock")
    double.start()
    try:
        yield double
    finally:
        double.stop()
