"""Records, as a client asks for them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from pydantic import TypeAdapter

from ...ids import Json, JsonSchema
from ...memory.records.body import Where
from ...memory.records.model import Collection, Document, Found, KeyInfo, Record, Revision, Verified
from ..transport import Transport
from .frames import documents_of

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 500
"""Documents that are written together."""
_KEYS = TypeAdapter(list[KeyInfo])
_REVISIONS = TypeAdapter(list[Revision])
_COLLECTIONS = TypeAdapter(list[Collection])


class Records:
    """Values by key, and documents in collections.

    `expected` is the revision that has to be the current one still (0: there must be nothing), or
    nothing is written and `WriteConflict` raised.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    # --- values by key --------------------------------------------------------------------------

    def get(self, key: str) -> Json:
        """The value under a key, or None."""
        entry = self.entry(key)
        return None if entry is None else entry.value

    def entry(self, key: str) -> Record | None:
        """The value under a key with its revision, and until when it is kept."""
        found = self._transport.get(_at("keys", key))["record"]
        return None if found is None else Record.model_validate(found)

    def keys(self, prefix: str = "", *, after: str = "", limit: int = 1_000) -> list[KeyInfo]:
        """Keys that begin so, in order, after one."""
        params: dict[str, str | int] = {"prefix": prefix, "after": after, "limit": limit}
        found = self._transport.get("/memory/records/keys", params)
        return _KEYS.validate_python(found["keys"])

    def put(
        self, key: str, value: Json, *, ttl: float | None = None, expected: int | None = None
    ) -> int:
        """Set a value, kept for `ttl` seconds or for ever; its revision."""
        body = {"value": value, "ttl": ttl, "expected": expected}
        return int(self._write("PUT", _at("keys", key), body))

    def append(self, key: str, item: Json) -> int:
        """Add to the end of the list under a key; its revision."""
        return int(self._write("POST", _at("append", key), {"item": item}))

    def incr(
        self,
        key: str,
        by: float = 1,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        ttl: float | None = None,
    ) -> float:
        """Add to the number under a key, which is 0 at first; the new one.

        Raises:
            OutOfBounds: It would leave its bounds; it is as it was.
        """
        body = {"by": by, "at_least": at_least, "at_most": at_most, "ttl": ttl}
        number: float = self._write("POST", _at("incr", key), body)
        return number

    def expire(self, key: str, ttl: float | None) -> bool:
        """Keep a value for `ttl` seconds from now, or for ever; whether there is one."""
        return self._write("POST", _at("expire", key), {"ttl": ttl}) is not None

    def delete(self, key: str, *, expected: int | None = None) -> bool:
        """Take a value away; whether there was one."""
        return self._write("DELETE", _at("keys", key), expected=expected) is not None

    # --- documents ------------------------------------------------------------------------------

    def collections(self) -> list[Collection]:
        """Which collections there are."""
        found = self._transport.get("/memory/records/collections")
        return _COLLECTIONS.validate_python(found["collections"])

    def set_schema(self, collection: str, schema: JsonSchema | None) -> None:
        """Say what the documents of a collection have to fit (JSON Schema 2020-12).

        Raises:
            SchemaInvalid: It is no schema.
            MisfitDocument: Documents that are there do not fit it.
        """
        path = f"/memory/records/collections/{quote(collection, safe='')}"
        self._write("PUT", path, {"json_schema": schema})

    def get_document(self, collection: str, id: str) -> Document:
        """A document. Raises `NotInMemory`."""
        found = self._transport.get(_at("documents", collection, id))
        return Document.model_validate(found)

    def put_document(
        self, collection: str, id: str, body: Mapping[str, Json], *, expected: int | None = None
    ) -> int:
        """Write a document; the number of its new revision."""
        said = {"body": dict(body), "expected": expected}
        return int(self._write("PUT", _at("documents", collection, id), said))

    def put_documents(self, collection: str, documents: Mapping[str, Mapping[str, Json]]) -> int:
        """Write several documents by their ids, all or none; how many."""
        said = {"documents": {id: dict(body) for id, body in documents.items()}}
        path = f"/memory/records/documents/{quote(collection, safe='')}"
        headers = {"Idempotency-Key": uuid4().hex}
        return int(self._transport.post(path, said, headers=headers)["written"])

    def put_frame(self, collection: str, frame: Any, *, id: str = "id") -> int:
        """Write each row of a pandas or polars DataFrame as a document; how many.

        Args:
            collection: Where to.
            frame: What is missing in it, is missing in the document.
            id: The column that says which document it is.
        """
        documents = documents_of(frame, id)
        names = list(documents)
        for start in range(0, len(names), _AT_ONCE):
            part = {name: documents[name] for name in names[start : start + _AT_ONCE]}
            self.put_documents(collection, part)
        return len(names)

    def frame(
        self, collection: str, contains: Mapping[str, Json] | None = None, **how: Any
    ) -> "pd.DataFrame":
        """The documents of a collection as a pandas DataFrame: a row each, by `id`.

        `polars.from_pandas` makes a polars one of it. Takes what `find` takes.
        """
        import pandas as pd

        found = [*self.all(collection, contains, **how)]
        ids = pd.Index([each.id for each in found], name="id", dtype="str")
        return pd.DataFrame([each.body for each in found], index=ids)

    def patch_document(
        self, collection: str, id: str, patch: Json, *, expected: int | None = None
    ) -> int:
        """Change a document by JSON Patch (a list) or JSON Merge Patch (an object)."""
        said = {"patch": patch, "expected": expected}
        return int(self._write("PATCH", _at("documents", collection, id), said))

    def delete_document(self, collection: str, id: str, *, expected: int | None = None) -> int:
        """Take a document away; its revisions stay."""
        return int(self._write("DELETE", _at("documents", collection, id), expected=expected))

    def find(
        self,
        collection: str,
        contains: Mapping[str, Json] | None = None,
        *,
        where: Where = (),
        fields: Sequence[str] | None = None,
        sort: Sequence[str] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> Found:
        """A page of the documents that contain this, and for whose fields all of `where` holds.

        Args:
            collection: Which.
            contains: Such as `{"city": "London", "tags": ["new"]}`.
            where: Such as `[("born", "<", 1900)]`; a field inside is named `address.city`.
            fields: Which fields to bring; all, if None.
            sort: Fields; with a minus, from the highest down. By id, if empty.
            after: `Found.next` of the page before.
            limit: At most so many.
        """
        asked = {
            "collection": collection, "contains": dict(contains or {}), "where": list(where),
            "fields": fields, "sort": list(sort), "after": after, "limit": limit,
        }  # fmt: skip
        return Found.model_validate(self._transport.post("/memory/records/find", asked))

    def all(
        self, collection: str, contains: Mapping[str, Json] | None = None, **how: Any
    ) -> Iterator[Document]:
        """The same, one after the other, over all pages."""
        page = self.find(collection, contains, limit=1_000, **how)
        yield from page.documents
        while page.next is not None:
            page = self.find(collection, contains, limit=1_000, after=page.next, **how)
            yield from page.documents

    def revisions(
        self, collection: str, id: str, *, after: int = 0, limit: int = 100
    ) -> list[Revision]:
        """What a document was, in order."""
        params = {"after": after, "limit": limit}
        found = self._transport.get(_at("revisions", collection, id), params)
        return _REVISIONS.validate_python(found["revisions"])

    def revision(
        self, collection: str, id: str, *, rev: int | None = None, at: datetime | None = None
    ) -> Revision:
        """A document as it was at a revision, or at a moment. Raises `NotInMemory`."""
        params: dict[str, str | int] = {} if rev is None else {"rev": rev}
        if at is not None:
            params["at"] = at.astimezone().isoformat()
        return Revision.model_validate(self._transport.get(_at("revision", collection, id), params))

    def restore_document(
        self,
        collection: str,
        id: str,
        *,
        rev: int | None = None,
        at: datetime | None = None,
        expected: int | None = None,
    ) -> int:
        """Write a document as it was; the number of its new revision."""
        moment = None if at is None else at.astimezone().isoformat()
        said = {"rev": rev, "at": moment, "expected": expected}
        return int(self._write("POST", _at("restore", collection, id), said))

    def erase_document(self, collection: str, id: str, *, rev: int | None = None) -> None:
        """Forget what a revision said, or all of them and the document. The chain still holds."""
        self._write("POST", _at("erase", collection, id), rev=rev)

    def verify_document(self, collection: str, id: str) -> Verified:
        """Whether its revisions are those that were written."""
        return Verified.model_validate(self._transport.get(_at("verify", collection, id)))

    def _write(self, method: str, path: str, body: Any = None, **params: int | None) -> Any:
        """Send a change. It carries a name, so that sending it again does nothing."""
        answer = self._transport.request(
            method, path, body=body, headers={"Idempotency-Key": uuid4().hex},
            params={name: value for name, value in params.items() if value is not None},
        )  # fmt: skip
        return answer["version"]


def _at(what: str, *names: str) -> str:
    return f"/memory/records/{what}/{'/'.join(quote(name, safe='') for name in names)}"
