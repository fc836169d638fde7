"""Who is asking, told from one of our processes to another in a signed header."""

import getpass
import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import AccessDenied
from ..ids import DEFAULT_WORKSPACE, Workspace
from .secret import ensure_token, identity_key

__all__ = ["IDENTITY_HEADER", "Identity", "ensure_token", "identity_key", "sign", "verify"]

IDENTITY_HEADER = "X-PersistentAI-Identity"
VALID_FOR_S = 60.0
_LONGEST_HEADER = 4096


class Identity(BaseModel):
    """A person (or a program) in a workspace."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str = Field(min_length=1, max_length=255)
    workspace: Workspace = Field(default=DEFAULT_WORKSPACE, min_length=1, max_length=255)

    @classmethod
    def local(cls) -> "Identity":
        """The operating-system user: on a machine of one's own, that is the boundary."""
        try:
            return cls(user=getpass.getuser())
        except (KeyError, OSError):  # a user id without a name
            return cls(user=f"uid-{os.getuid()}")


class _Claim(Identity):
    exp: float
    """Seconds since 1970 from which on it no longer holds."""


def sign(identity: Identity, key: bytes, now: float, *, valid_for_s: float = VALID_FOR_S) -> str:
    """The header value that says `identity` to whoever holds the same key.

    Args:
        identity: Who is asking.
        key: Shared by our processes, see `identity_key`.
        now: Seconds since 1970 (`time.time()`).
        valid_for_s: How long it is believed. It is signed afresh for every request.
    """
    claim = _Claim(user=identity.user, workspace=identity.workspace, exp=now + valid_for_s)
    payload = _encode(claim.model_dump_json().encode())
    return f"{payload}.{_encode(_signature(payload, key))}"


def verify(header: str, key: bytes, now: float) -> Identity:
    """The identity in a header that `sign` made with the same key.

    Raises:
        AccessDenied: It is malformed, was signed with another key, or has expired.
    """
    payload, _, signature = header.partition(".")
    if len(header) > _LONGEST_HEADER or not header.isascii():
        raise _denied("is malformed")
    if not hmac.compare_digest(signature, _encode(_signature(payload, key))):
        raise _denied("has a wrong signature")
    try:
        claim = _Claim.model_validate_json(_decode(payload))
    except (ValidationError, ValueError):
        raise _denied("is malformed") from None
    if now >= claim.exp:
        raise _denied("has expired")
    return Identity(user=claim.user, workspace=claim.workspace)


def _denied(why: str) -> AccessDenied:
    return AccessDenied(
        f"The identity header {why}.",
        remedy="Reload the page; if it stays, restart Jupyter and the runtime from the same home.",
    )


def _signature(payload: str, key: bytes) -> bytes:
    return hmac.digest(key, payload.encode("ascii"), hashlib.sha256)


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
