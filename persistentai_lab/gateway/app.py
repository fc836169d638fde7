"""The one API. The same app serves Jupyter (behind its proxy) and stands alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from fastapi import FastAPI
from psycopg_pool import PoolTimeout
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..engine.triggers.webhooks import BODY_MAX as DELIVERY_MAX
from ..errors import LabError
from ..uncaught import tell_of
from ..version import VERSION
from . import (
    flows,
    limits,
    memory,
    problems,
    questions,
    retention,
    runs,
    signals,
    steering,
    stream,
    triggers,
)
from .services import Parts, Services

PREFIX = "/persistentai/api/v1"
BODY_MAX = 64 * 1024 * 1024
BLOB_MAX = 1024 * 1024 * 1024
"""Of a value that is sent as its bytes; as much as a body may return."""
FILE_MAX = 64 * 1024 * 1024 * 1024
"""Of a file, which is taken in as a stream."""


class BodyTooLarge(LabError):
    """The request is larger than a request may be."""

    code = "too_large"
    http_status = 413


class BodyLimit:
    """Refuses bodies that are too large while they come in, whatever their header says."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, counting."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        size, most = 0, _most(scope["path"])

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise BodyTooLarge(
                    f"A request may have {most // 2**20} MiB.",
                    remedy="Pass large data by path.",
                )
            return message

        await self._app(scope, counted, send)


def _most(path: str) -> int:
    if path.startswith(f"{triggers.HOOKS}/"):
        return DELIVERY_MAX
    if path.startswith((f"{PREFIX}/memory/files/", f"{PREFIX}/memory/file-content")):
        return FILE_MAX
    if path.startswith(f"{PREFIX}/memory/feeds/") and path.endswith("/file"):
        return FILE_MAX
    return BLOB_MAX if path == f"{PREFIX}/blobs" else BODY_MAX


def create_app(services: Services) -> FastAPI:
    """Make the app of parts that are passed in."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        listening = [
            tell_of(asyncio.create_task(services.hub.listen_forever(), name="hub")),
            tell_of(asyncio.create_task(services.bell.listen_forever(), name="bell")),
        ]
        yield
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)

    app = FastAPI(
        title="PersistentAI Lab",
        version=VERSION,
        lifespan=lifespan,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.add_middleware(BodyLimit)
    problems.register(app)
    routers = (
        runs,
        steering,
        questions,
        limits,
        retention,
        triggers,
        signals,
        flows,
        stream,
        memory,
    )
    for router in (part.router for part in routers):
        app.include_router(router, prefix=PREFIX)
    app.include_router(triggers.hooks, prefix=triggers.HOOKS)

    @app.get(f"{PREFIX}/health", tags=["health"])
    async def health(parts: Parts) -> flows.Health:
        """Whether runs can be started and are worked on."""
        try:
            async with asyncio.timeout(1.5):
                workers = await parts.runs.workers_alive()
        except (psycopg.Error, PoolTimeout, TimeoutError):
            return flows.Health(status="degraded", database=False, workers=0, version=VERSION)
        status = "ok" if workers else "degraded"
        return flows.Health(status=status, database=True, workers=workers, version=VERSION)  # type: ignore[arg-type]

    return app
