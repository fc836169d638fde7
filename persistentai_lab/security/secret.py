"""Secrets in files of our own: made once, whoever comes first, and readable by nobody else."""

import os
import secrets
from pathlib import Path
from typing import Protocol

from ..errors import AccessDenied


class SecretPlaces(Protocol):
    """Where a runtime keeps its secrets (a `Home`)."""

    @property
    def token_file(self) -> Path:
        """The bearer token of the local API."""
        ...

    @property
    def identity_key_file(self) -> Path:
        """The key that signs identities."""
        ...


def ensure_token(home: SecretPlaces) -> str:
    """The bearer token of the local API, made now if there is none."""
    return _ensure(home.token_file)


def identity_key(home: SecretPlaces) -> bytes:
    """The key that signs identities between our own processes, made now if there is none."""
    return bytes.fromhex(_ensure(home.identity_key_file))


def _ensure(path: Path) -> str:
    if not path.exists():
        _create(path)
    _check_private(path)
    return path.read_text().strip()


def _create(path: Path) -> None:
    """Written whole under another name first: nobody ever reads half a secret."""
    half = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_hex(32))
            stream.flush()
            os.fsync(stream.fileno())
        os.link(half, path)
    except FileExistsError:
        pass  # somebody else was first; theirs holds
    finally:
        half.unlink()


def _check_private(path: Path) -> None:
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise AccessDenied(
            f"{str(path)!r} belongs to user id {found.st_uid}.", remedy="Use a home of your own."
        )
    if found.st_mode & 0o077:
        raise AccessDenied(
            f"Other users may read {str(path)!r}.",
            remedy="Delete it (a new one is made at the next start), or `chmod 600` it.",
        )
