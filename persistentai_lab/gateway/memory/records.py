"""Records over HTTP: values by key, and documents in collections."""

import asyncio
import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from ...ids import Json, JsonSchema
from ...memory.layer import Command
from ...memory.records import asks
from ...memory.records.body import not_there
from ...memory.records.model import Collection, Document, Found, KeyInfo, Record, Revision, Verified
from ...memory.records.result import SqlResult
from ..services import Caller, Parts
from .asking import author

router = APIRouter(tags=["memory"], prefix="/records")
Once = Annotated[str | None, Header(alias="Idempotency-Key")]
ARROW = "application/vnd.apache.arrow.stream"
KEY = "/keys/{key:path}"
DOCUMENT = "{collection}/{id:path}"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Written(BaseModel):
    """What came of it: the new revision, or number. `again`: it had been done before."""

    target: str
    version: Json
    again: bool = False


class NewValue(_Body):
    """A value to keep."""

    value: Json
    ttl: float | None = None
    expected: int | None = None


class NewDocument(_Body):
    """A document to write."""

    body: dict[str, Any]
    expected: int | None = None


class NewPatch(_Body):
    """How to change a document."""

    patch: Json
    expected: int | None = None


class Moment(_Body):
    """What to go back to."""

    rev: int | None = None
    at: datetime | None = None
    expected: int | None = None


class NewSchema(_Body):
    """What documents have to fit."""

    json_schema: JsonSchema | None


async def _write(parts: Parts, by: Caller, command: Command) -> Written:
    (receipt,) = await parts.memory.write(author(by), command)
    return Written(target=receipt.target, version=receipt.version, again=receipt.again)


@router.get("/keys", response_model=dict[str, list[KeyInfo]])
async def keys(
    parts: Parts, by: Caller, prefix: str = "", after: str = "", limit: int = 1_000
) -> dict[str, Any]:
    """Keys in order."""
    asked = asks.ListKeys(prefix=prefix, after=after, limit=limit)
    return {"keys": (await parts.memory.answer(author(by), asked)).value}


@router.get(KEY, response_model=dict[str, Record | None])
async def get(parts: Parts, by: Caller, key: str) -> dict[str, Any]:
    """What is under a key, or null."""
    return {"record": (await parts.memory.answer(author(by), asks.GetRecord(key=key))).value}


@router.put(KEY)
async def put(parts: Parts, by: Caller, key: str, body: NewValue, once: Once = None) -> Written:
    """Set a value."""
    command = asks.PutRecord(
        key=key, value=body.value, ttl=body.ttl, expected=body.expected, once=once
    )
    return await _write(parts, by, command)


@router.delete(KEY)
async def delete(
    parts: Parts, by: Caller, key: str, expected: int | None = None, once: Once = None
) -> Written:
    """Take a value away."""
    return await _write(parts, by, asks.DeleteRecord(key=key, expected=expected, once=once))


class NewItem(_Body):
    """What to add to a list."""

    item: Json


class Step(_Body):
    """How much to count."""

    by: float | int = 1
    at_least: float | int | None = None
    at_most: float | int | None = None
    ttl: float | None = None


class Time(_Body):
    """For how long to keep a value, in seconds; null: for ever."""

    ttl: float | None


@router.post("/append/{key:path}")
async def append(parts: Parts, by: Caller, key: str, body: NewItem, once: Once = None) -> Written:
    """Add to the end of a list."""
    return await _write(parts, by, asks.AppendRecord(key=key, item=body.item, once=once))


@router.post("/incr/{key:path}")
async def incr(parts: Parts, by: Caller, key: str, body: Step, once: Once = None) -> Written:
    """Add to a number."""
    return await _write(parts, by, asks.IncrRecord(key=key, once=once, **body.model_dump()))


@router.post("/expire/{key:path}")
async def expire(parts: Parts, by: Caller, key: str, body: Time, once: Once = None) -> Written:
    """Say for how long a value is kept."""
    return await _write(parts, by, asks.ExpireRecord(key=key, ttl=body.ttl, once=once))


@router.get("/collections", response_model=dict[str, list[Collection]])
async def collections(parts: Parts, by: Caller) -> dict[str, Any]:
    """Collections by name."""
    return {"collections": (await parts.memory.answer(author(by), asks.ListCollections())).value}


@router.put("/collections/{collection}")
async def set_collection(
    parts: Parts, by: Caller, collection: str, body: NewSchema, once: Once = None
) -> Written:
    """Say what the documents of a collection have to fit."""
    command = asks.SetCollection(collection=collection, json_schema=body.json_schema, once=once)
    return await _write(parts, by, command)


@router.post("/find", response_model=Found)
async def find(parts: Parts, by: Caller, body: dict[str, Any]) -> Any:
    """A page of documents."""
    return (await parts.memory.answer(author(by), asks.Find(**body))).value


@router.get(f"/revisions/{DOCUMENT}", response_model=dict[str, list[Revision]])
async def revisions(
    parts: Parts, by: Caller, collection: str, id: str, after: int = 0, limit: int = 100
) -> dict[str, Any]:
    """What a document was, in order."""
    asked = asks.ListRevisions(collection=collection, id=id, after=after, limit=limit)
    return {"revisions": (await parts.memory.answer(author(by), asked)).value}


@router.get(f"/revision/{DOCUMENT}", response_model=Revision)
async def revision(
    parts: Parts, by: Caller, collection: str, id: str, rev: int | None = None,
    at: datetime | None = None,
) -> Any:  # fmt: skip
    """A document as it was."""
    asked = asks.GetRevision(collection=collection, id=id, rev=rev, at=at)
    return (await parts.memory.answer(author(by), asked)).value


@router.get(f"/verify/{DOCUMENT}", response_model=Verified)
async def verify(parts: Parts, by: Caller, collection: str, id: str) -> Any:
    """Whether its revisions are those that were written."""
    asked = asks.VerifyDocument(collection=collection, id=id)
    return (await parts.memory.answer(author(by), asked)).value


@router.post(f"/restore/{DOCUMENT}")
async def restore(
    parts: Parts, by: Caller, collection: str, id: str, body: Moment, once: Once = None
) -> Written:
    """Write a document as it was."""
    said = body.model_dump()
    return await _write(
        parts, by, asks.RestoreDocument(collection=collection, id=id, once=once, **said)
    )


@router.post(f"/erase/{DOCUMENT}")
async def erase(
    parts: Parts, by: Caller, collection: str, id: str, rev: int | None = None, once: Once = None
) -> Written:
    """Forget what a revision said; without `rev` all of them, and the document."""
    command = asks.EraseDocument(collection=collection, id=id, rev=rev, once=once)
    return await _write(parts, by, command)


@router.get(f"/documents/{DOCUMENT}", response_model=Document)
async def document(parts: Parts, by: Caller, collection: str, id: str) -> Any:
    """A document."""
    asked = asks.GetDocument(collection=collection, id=id)
    found = (await parts.memory.answer(author(by), asked)).value
    if found is None:
        raise not_there(collection, id)
    return found


@router.put(f"/documents/{DOCUMENT}")
async def put_document(
    parts: Parts, by: Caller, collection: str, id: str, body: NewDocument, once: Once = None
) -> Written:
    """Write a document."""
    command = asks.PutDocument(
        collection=collection, id=id, body=body.body, expected=body.expected, once=once
    )
    return await _write(parts, by, command)


@router.patch(f"/documents/{DOCUMENT}")
async def patch_document(
    parts: Parts, by: Caller, collection: str, id: str, body: NewPatch, once: Once = None
) -> Written:
    """Change a document."""
    command = asks.PatchDocument(
        collection=collection, id=id, patch=body.patch, expected=body.expected, once=once
    )
    return await _write(parts, by, command)


@router.delete(f"/documents/{DOCUMENT}")
async def delete_document(
    parts: Parts,
    by: Caller,
    collection: str,
    id: str,
    expected: int | None = None,
    once: Once = None,
) -> Written:
    """Take a document away."""
    command = asks.DeleteDocument(collection=collection, id=id, expected=expected, once=once)
    return await _write(parts, by, command)


class NewDocuments(_Body):
    """Documents to write, by their ids."""

    documents: dict[str, dict[str, Any]]


@router.post("/documents/{collection}")
async def put_documents(
    parts: Parts, by: Caller, collection: str, body: NewDocuments, once: Once = None
) -> dict[str, int]:
    """Write several documents, all or none; says how many."""
    commands = [
        asks.PutDocument(
            collection=collection, id=id, body=document, once=once and f"{once}/{number}"
        )
        for number, (id, document) in enumerate(body.documents.items())
    ]
    return {"written": len(await parts.memory.write(author(by), *commands))}


class Question(_Body):
    """One SELECT."""

    query: str
    limit: int = 10_000


@router.post("/sql", response_class=Response)
async def sql(
    parts: Parts, by: Caller, body: Question, accept: Annotated[str, Header()] = "application/json"
) -> Response:
    """Ask documents and files in SQL: as JSON, or as an Arrow stream to whoever accepts that."""
    asked = asks.RunSql(query=body.query, limit=body.limit)
    answer = await parts.memory.answer(author(by), asked)
    told = {**answer.value} if isinstance(answer.value, dict) else {}
    if ARROW in accept:
        told = {name: told[name] for name in ("engine", "is_cut")}
        headers = {"Persistentai-Sql": json.dumps(told)}
        return Response(answer.data, media_type=ARROW, headers=headers)
    rows = await asyncio.to_thread(SqlResult.of(answer).rows)
    return JSONResponse({**told, "rows": rows})
