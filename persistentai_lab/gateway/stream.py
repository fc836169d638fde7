"""A run's events over WebSocket, from any position, without gap or double.

Events are pulled for each reader at its own pace. One that stops reading is closed by the socket
itself (`sockets.PatientWebSocket`, 4408), all of them by a stopping gateway (1012).
"""

import asyncio
from contextlib import suppress
from typing import Annotated

import psycopg
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from psycopg_pool import PoolTimeout

from ..errors import AccessDenied, RunNotFound
from ..ids import START, RunId, Seq
from .services import SocketParts, identity

ENDED = 1000
TRY_LATER = 1013
DENIED = 4403
NOT_FOUND = 4404
router = APIRouter(tags=["events"])


@router.websocket("/runs/{run_id}/events")
async def stream(
    websocket: WebSocket,
    parts: SocketParts,
    run_id: RunId,
    after: Annotated[int, Query(ge=0)] = START,
) -> None:
    """Send what there is after a position, then what comes, until the run has ended."""
    await websocket.accept()
    try:
        by = identity(websocket)
        await parts.runs.must_exist(by.workspace, run_id)
    except AccessDenied as error:
        return await _close(websocket, DENIED, error.message)
    except RunNotFound as error:
        return await _close(websocket, NOT_FOUND, error.message)
    except psycopg.DataError:  # no run can be called that
        return await _close(websocket, NOT_FOUND, RunNotFound(run_id).message)
    except (psycopg.Error, PoolTimeout):
        return await _close(websocket, TRY_LATER, "the database is away; try again")
    sending = asyncio.create_task(_send(websocket, parts, run_id, Seq(after)))
    leaving = asyncio.create_task(_until_gone(websocket))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send(websocket: WebSocket, parts: SocketParts, run_id: RunId, after: Seq) -> None:
    at = after
    try:
        async for page in parts.hub.read(run_id, after):
            for stored in page:
                await websocket.send_text(stored.text)
                at = stored.seq
        await _close(websocket, ENDED, "the run has ended")
    except (WebSocketDisconnect, RuntimeError):
        pass  # the reader left; starlette says so in either way
    except (psycopg.Error, PoolTimeout):
        await _close(websocket, TRY_LATER, f"the database is away: resume with after={at}")


async def _until_gone(websocket: WebSocket) -> None:
    """Readers have nothing to say here; what they say is dropped."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await websocket.receive()


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(1.0):
            await websocket.close(code, reason)
