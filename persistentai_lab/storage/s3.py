"""Large values in an S3 bucket, by their SHA-256."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from ..errors import MemoryRefused, Unavailable
from ..flow.payload import File, Payload

BUCKET_SETTING = "PERSISTENTAI_S3_BUCKET"
PREFIX_SETTING = "PERSISTENTAI_S3_PREFIX"
"""A folder in the bucket. By default: `blobs`."""
URL_SETTING = "PERSISTENTAI_S3_URL"
"""Of the server, when it is none of Amazon's."""
REGION_SETTING = "PERSISTENTAI_S3_REGION"
KEY_ID_SETTING = "PERSISTENTAI_S3_KEY_ID"
SECRET_SETTING = "PERSISTENTAI_S3_SECRET_FILE"
"""A file with the secret, so that no process shows it in its environment."""
ONE_REQUEST_MAX = 5 * 1024 * 1024
"""Bytes that are put in one request, and only if nothing is there; more go in parts."""
CHUNK = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class S3Settings:
    """A bucket, and who we are there. Without a key id: who the machine says that we are."""

    bucket: str
    prefix: str = "blobs"
    url: str | None = None
    region: str = "us-east-1"
    key_id: str | None = None
    secret: str | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self | None:
        """By the environment; None where no bucket is named. Raises `MemoryRefused`."""
        bucket = environ.get(BUCKET_SETTING)
        if not bucket:
            return None
        key_id, secret = environ.get(KEY_ID_SETTING) or None, None
        if key_id is not None:
            secret = _secret(environ.get(SECRET_SETTING, ""))
        return cls(
            bucket, (environ.get(PREFIX_SETTING) or "blobs").strip("/"),
            environ.get(URL_SETTING) or None, environ.get(REGION_SETTING) or "us-east-1", key_id,
            secret,
        )  # fmt: skip


def _secret(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise MemoryRefused(
            f"The secret for S3 can't be read from {path!r}: {error.strerror}.",
            remedy=f"{SECRET_SETTING} names its file; {KEY_ID_SETTING} says whose it is.",
        ) from None


class S3:
    """Objects of a bucket, called `prefix/ab/abcd…`."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings

    @property
    def place(self) -> str:
        """As people are told."""
        return f"s3://{self._settings.bucket}/{self._settings.prefix}"

    async def put(self, sha256: str, payload: Payload) -> None:
        """Keep a payload. Whoever is second puts the same bytes, so it is well either way."""
        obstore = _package()
        from obstore.exceptions import AlreadyExistsError

        key, is_small = _key(sha256), len(payload.data) <= ONE_REQUEST_MAX
        with self._plainly():
            if not is_small and await self._has(key, len(payload.data)):
                return
            with suppress(AlreadyExistsError):
                await obstore.put_async(
                    self._store, key, payload.data, use_multipart=not is_small,
                    mode="create" if is_small else "overwrite",
                )  # fmt: skip

    async def get(self, sha256: str, into: File) -> File:
        """Write its bytes into a file. Raises `FileNotFoundError`."""
        obstore = _package()

        digest, size = hashlib.sha256(), 0
        with self._plainly():
            found = await obstore.get_async(self._store, _key(sha256))
            async for chunk in found.stream(min_chunk_size=CHUNK):
                data = memoryview(chunk)
                digest.update(data)
                size += await asyncio.to_thread(into.write, data, size)
        if digest.hexdigest() != sha256:
            raise MemoryRefused(
                f"What lies in {self.place} under {sha256[:12]}… is something else.",
                remedy="Bring the object back from a backup of the bucket.",
            )
        return into

    async def remove(self, sha256: str) -> None:
        """Take it away, if it is there."""
        obstore = _package()

        with self._plainly(), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, _key(sha256))

    async def older_than(self, moment: float) -> list[str]:
        """All that was put before a moment, by the clock of the server."""
        obstore = _package()

        found = []
        with self._plainly():
            async for page in obstore.list(self._store):
                found += [
                    name
                    for each in page
                    if len(name := each["path"].rpartition("/")[2]) == 64
                    and each["last_modified"].timestamp() < moment
                ]
        return found

    async def _has(self, key: str, size: int) -> bool:
        obstore = _package()

        with suppress(FileNotFoundError):
            return bool((await obstore.head_async(self._store, key))["size"] == size)
        return False

    @cached_property
    def _store(self) -> Any:
        _package()
        from obstore.store import S3Store

        said = self._settings
        how: dict[str, Any] = {"endpoint": said.url} if said.url else {}
        if said.key_id:
            how |= {"access_key_id": said.key_id, "secret_access_key": said.secret}
        return S3Store(
            said.bucket, prefix=said.prefix, region=said.region, **how,
            client_options={"allow_http": True, "connect_timeout": "5s", "timeout": "300s"},
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=20)},
        )  # fmt: skip

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        store = self._store
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        try:
            yield
        except (PermissionDeniedError, UnauthenticatedError):
            raise MemoryRefused(
                f"{self.place} is closed to us.",
                remedy=f"Give the key of {KEY_ID_SETTING} the right to list, read, write and "
                "delete there, or set another.",
            ) from None
        except BaseError as error:
            why = str(error).strip().partition("\n")[0]
            raise Unavailable(
                f"{self.place} doesn't answer ({type(store).__name__}): {why}",
                remedy=f"Look at {URL_SETTING} and {BUCKET_SETTING}, and whether it is up.",
            ) from None


def _package() -> Any:
    try:
        import obstore
    except ImportError:
        raise MemoryRefused(
            f"{BUCKET_SETTING} is set, and the package `obstore` is not installed.",
            remedy="pip install 'persistentai-lab[s3]'",
        ) from None
    return obstore


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
