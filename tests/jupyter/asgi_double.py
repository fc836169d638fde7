"""A gateway's double: tells what reached it, streams, and closes with our codes."""

import asyncio
import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def echo(request: Request) -> JSONResponse:
    """Everything of the request that a test may ask about."""
    return JSONResponse(
        {
            "method": request.method,
            "path": request.scope["raw_path"].decode(),
            "query": request.url.query,
            "headers": dict(request.headers),
            "body": (await request.body()).decode(),
        },
        headers={"Set-Cookie": "intruder=1", "X-Answer": "yes"},
    )


async def health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok", "database": True, "workers": 1, "version": "0"})


async def sse(request: Request) -> StreamingResponse:
    """Two events; the second only when the test says so."""
    go_on: asyncio.Event = request.app.state.go_on

    async def events():
        yield "data: first\n\n"
        await go_on.wait()
        yield "data: second\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def big(_: Request) -> Response:
    return Response(b"x" * 3_000_000, media_type="application/octet-stream")


async def let_go_on(request: Request) -> JSONResponse:
    request.app.state.go_on.set()
    return JSONResponse({})


async def stream(socket: WebSocket) -> None:
    """Say who asks, echo once, then close as the query says."""
    await socket.accept()
    await socket.send_text(json.dumps({"headers": dict(socket.headers), "path": socket.url.path}))
    await socket.send_text("echo " + await socket.receive_text())
    await socket.close(int(socket.query_params.get("code", 1000)), "as asked")


async def flood(socket: WebSocket) -> None:
    """Send as fast as the other side takes it, and count what it took."""
    await socket.accept()
    state = socket.app.state
    try:
        while True:
            await socket.send_text("x" * 100_000)
            state.flooded += 1
    except Exception:  # noqa: BLE001 - however the connection ends, the flood is over
        state.flood_over.set()


async def flooded(request: Request) -> JSONResponse:
    return JSONResponse({"sent": request.app.state.flooded})


def app() -> Starlette:
    prefix = "/persistentai/api/v1"
    made = Starlette(
        routes=[
            Route(prefix + "/health", health),
            Route(prefix + "/sse", sse),
            Route(prefix + "/big", big),
            Route(prefix + "/go_on", let_go_on),
            Route(prefix + "/flooded", flooded),
            WebSocketRoute(prefix + "/stream", stream),
            WebSocketRoute(prefix + "/flood", flood),
            Route("/{path:path}", echo, methods=VERBS),
        ]
    )
    made.state.go_on = asyncio.Event()
    made.state.flood_over = asyncio.Event()
    made.state.flooded = 0
    return made
