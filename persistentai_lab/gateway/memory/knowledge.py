"""Knowledge over HTTP. What is sent is the query or command itself, as the layer takes it."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request

from ...ids import Json
from ...memory.files.asks import ReadFile
from ...memory.files.model import Stat
from ...memory.knowledge import asks
from ...memory.knowledge.context import Context
from ...memory.knowledge.documents import read_document
from ...memory.knowledge.documents.read import DOCUMENT_MAX
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


@router.post("/chunks/close")
async def close(parts: Parts, by: Caller, said: dict[str, Any]) -> dict[str, Json]:
    """Say that chunks are no longer current. They stay, for the past."""
    return {"chunks": await _write(parts, by, asks.Close(**said))}


@router.post("/embed-missing")
async def embed_missing(parts: Parts, by: Caller, said: dict[str, Any]) -> Json:
    """Make vectors where there are none, of so many texts; says how things stand then."""
    await _write(parts, by, asks.EmbedMissing(**said))
    return await _answer(parts, by, asks.Status())


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


@router.post("/documents", status_code=201)
async def ingest(
    parts: Parts, by: Caller, request: Request, name: str, url: str | None = None
) -> Json:
    """Take in a document; its bytes come as they are."""
    data = bytearray()
    async for slice_ in request.stream():
        data += slice_
        if len(data) > DOCUMENT_MAX:
            break  # the reader refuses it, and says how much it takes
    pieces = await read_document(name, bytes(data))
    return await _write(parts, by, asks.Ingest(document=name, pieces=pieces, url=url))


@router.post("/documents/of-file", status_code=201)
async def ingest_file(parts: Parts, by: Caller, said: dict[str, Any]) -> Json:
    """Take in a file of the workspace."""
    query = ReadFile(**said)
    found = await parts.memory.answer(author(by), query)
    stat = Stat.model_validate(found.value)
    pieces = await read_document(query.path, found.data)
    name = asks.document_name(query.path, query.branch)
    command = asks.Ingest(document=name, pieces=pieces, commit=stat.commit)
    return await _write(parts, by, command)


@router.post("/context", response_model=Context)
async def context(parts: Parts, by: Caller, asked: dict[str, Any]) -> Json:
    """What goes into a turn, from all layers, within a budget."""
    return await _answer(parts, by, asks.Assemble(**asked))


@router.post("/forget")
async def forget(parts: Parts, by: Caller, said: dict[str, Any]) -> Json:
    """Erase for good: texts, vectors, objects of facts. The chain still verifies."""
    return await _write(parts, by, asks.Forget(**said))


async def _answer(parts: Services, by: Caller, query: Query) -> Json:
    return (await parts.memory.answer(author(by), query)).value


async def _write(parts: Services, by: Caller, command: Command) -> Json:
    (receipt,) = await parts.memory.write(author(by), command)
    return receipt.version
