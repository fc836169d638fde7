"""Knowledge over HTTP. What is sent is the query or command itself, as the layer takes it."""

from typing import Annotated, Any

from fastapi import APIRouter, Header

from ...ids import Json
from ...memory.knowledge import asks
from ...memory.knowledge.model import Chunk, Fact, Recalled, Standing, ThreadHead
from ...memory.layer import Command, Query
from ..services import Caller, Parts, Services
from .asking import author

router = APIRouter(prefix="/knowledge", tags=["memory"])


@router.get("", response_model=Standing)
async def status(parts: Parts, by: Caller) -> Json:
    """How much there is, and what can be done with it."""
    return await _answer(parts, by, asks.Status())


@router.post("/recall", response_model=Recalled)
async def recall(parts: Parts, by: Caller, asked: dict[str, Any]) -> Json:
    """What fits a question, best first, each hit with its source and why it is here."""
    return await _answer(parts, by, asks.Recall(**asked))


@router.post("/facts/find", response_model=dict[str, list[Fact]])
async def facts(parts: Parts, by: Caller, asked: dict[str, Any]) -> dict[str, Json]:
    """Facts, newest first."""
    return {"facts": await _answer(parts, by, asks.Facts(**asked))}


@router.get("/threads", response_model=dict[str, list[ThreadHead]])
async def threads(
    parts: Parts, by: Caller, prefix: str = "", after: str = "", limit: int = 1_000
) -> dict[str, Json]:
    """Threads by name."""
    asked = asks.Threads(prefix=prefix, after=after, limit=limit)
    return {"threads": await _answer(parts, by, asked)}


@router.post("/chunks/find", response_model=dict[str, list[Chunk]])
async def chunks(parts: Parts, by: Caller, asked: dict[str, Any]) -> dict[str, Json]:
    """Chunks of a thread in order."""
    return {"chunks": await _answer(parts, by, asks.Chunks(**asked))}


@router.get("/chunks/{chunk}/neighbours", response_model=dict[str, list[Chunk]])
async def neighbours(
    parts: Parts, by: Caller, chunk: int, before: int = 2, after: int = 2
) -> dict[str, Json]:
    """What stands around a chunk in its thread."""
    asked = asks.Neighbours(chunk=chunk, before=before, after=after)
    return {"chunks": await _answer(parts, by, asked)}


@router.post("/embed")
async def embed(parts: Parts, by: Caller, asked: dict[str, Any]) -> dict[str, Json]:
    """Vectors of texts."""
    return {"vectors": await _answer(parts, by, asks.Embed(**asked))}


@router.post("/verify")
async def verify(parts: Parts, by: Caller, asked: dict[str, Any]) -> Json:
    """Whether a thread's chain holds."""
    return await _answer(parts, by, asks.Verify(**asked))


@router.post("/remember", status_code=201)
async def remember(
    parts: Parts,
    by: Caller,
    said: dict[str, Any],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> dict[str, Json]:
    """Keep a text. With the same `Idempotency-Key` twice, it is kept once."""
    command = asks.Remember(**{"key": idempotency_key, **said})
    return {"chunk": await _write(parts, by, command)}


@router.post("/facts", status_code=201)
async def add_fact(parts: Parts, by: Caller, said: dict[str, Any]) -> dict[str, Json]:
    """State a fact. The same fact, still open, is not added twice."""
    return {"fact": await _write(parts, by, asks.AddFact(**said))}


@router.post("/facts/close")
async def close_fact(parts: Parts, by: Caller, said: dict[str, Any]) -> dict[str, Json]:
    """Say that a fact holds no longer. It stays, for the past."""
    return {"facts": await _write(parts, by, asks.CloseFact(**said))}


@router.post("/forget")
async def forget(parts: Parts, by: Caller, said: dict[str, Any]) -> Json:
    """Erase for good: texts, vectors, objects of facts. The chain still verifies."""
    return await _write(parts, by, asks.Forget(**said))


async def _answer(parts: Services, by: Caller, query: Query) -> Json:
    return (await parts.memory.answer(author(by), query)).value


async def _write(parts: Services, by: Caller, command: Command) -> Json:
    (receipt,) = await parts.memory.write(author(by), command)
    return receipt.version
