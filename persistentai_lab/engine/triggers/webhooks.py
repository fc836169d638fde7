"""Webhooks: addresses that start a run for whoever knows them.

The address is the secret (256 random bits, kept as a hash only). A webhook may ask for a signature
besides. A sender that repeats a delivery, which all of them do now and then, gets the run of the
first time: its name for the delivery is the run's idempotency key.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from ...errors import AccessDenied, FlowInvalid, LabError, Problem
from ...flow.model import INPUT, FlowSpec
from ...ids import Json
from ...security.identity import Identity
from ..commands.append import execute
from ..commands.pinned import Module
from ..commands.starting import Started
from ..legs import LegQueue
from ..records.facts import DEPTH_MAX, is_deep
from . import deliveries
from .deliveries import Sent
from .target import COLUMNS, Target, keep

Signature = Literal["none", "standard", "github"]
"""How deliveries are signed: not at all, by Standard Webhooks, or as GitHub does."""

BODY_MAX = 1024 * 1024
TOLERANCE_S = 300
"""How old a signed delivery may be; a recording of it is worth nothing later."""
DELIVERY_MAX = 255


class WebhookNotFound(LabError):
    """There is no webhook of this name, or at this address."""

    code = "webhook_not_found"
    http_status = 404

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            super().__init__("Nothing listens here.", remedy="Check the address, to the letter.")
        else:
            super().__init__(
                f"There is no webhook {name!r}.", remedy="`persistentai webhooks` lists them."
            )


class WebhookOff(LabError):
    """The webhook was switched off."""

    code = "webhook_off"
    http_status = 410


class SignatureWrong(AccessDenied):
    """The delivery is not signed as it has to be."""

    code = "signature_wrong"


class BodyInvalid(LabError):
    """The body of a delivery is none that a run could start with."""

    code = "body_invalid"
    http_status = 422


@dataclass(frozen=True, slots=True)
class Made:
    """A webhook's new secrets: the only time that they are told."""

    name: str
    token: str | None
    """None: its address stays as it was."""
    secret: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What somebody sent."""

    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""

    @property
    def id(self) -> str | None:
        """What its sender calls it."""
        for name in ("webhook-id", "x-github-delivery", "idempotency-key", "x-delivery-id"):
            if found := self.headers.get(name):
                if len(found) > DELIVERY_MAX:
                    raise BodyInvalid(
                        f"{name} has more than {DELIVERY_MAX} characters.",
                        remedy="Send a short id, such as a UUID.",
                    )
                return found
        return None

    def read(self) -> Json:
        """The body: JSON, or text if it says so. Raises `BodyInvalid`."""
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            text = self.body.decode()
            if media_type == "text/plain":
                return text
            body: Json = json.loads(text, parse_constant=_refuse)
            json.dumps(body, ensure_ascii=False).encode()  # half of a character travels nowhere
        except (ValueError, RecursionError) as error:
            raise BodyInvalid(
                f"The body is no JSON: {error}.",
                remedy="Send JSON, or text with `Content-Type: text/plain`.",
            ) from None
        if is_deep(body):
            raise BodyInvalid(
                f"The body has more than {DEPTH_MAX} levels.", remedy="Send a flatter one."
            )
        return body


def put_webhook(
    connection: sa.Connection,
    name: str,
    target: Target,
    modules: tuple[Module, ...],
    *,
    body_input: str | None,
    signature: Signature,
) -> Made | None:
    """Make a webhook, or let the one of this name start something else. None for the latter.

    One that is there keeps its address and its secret: whoever calls it need not be told again.
    """
    keep(connection, target, modules)
    row = target.row() | {"name": name, "body_input": body_input, "signature": signature}
    if execute(connection, _CHANGE, row).rowcount:
        return None
    token = secrets.token_urlsafe(32)
    made = Made(
        name,
        token,
        None if signature == "none" else _new_secret(),
    )
    execute(connection, _MAKE, row | {"token_hash": _hash_of(token), "secret": made.secret})
    return made


def input_for_body(flow: FlowSpec, inputs: Mapping[str, Json], asked: str | None) -> str | None:
    """The input that gets the body; None: its fields go to the inputs of their names.

    Raises:
        FlowInvalid: It is not clear which one, or there is none of that name.
    """
    if asked == "":
        return None
    free = [name for name in flow.inputs if name not in inputs]
    if asked is not None and asked in free:
        return asked
    if asked is None and "body" in free:
        return "body"
    if asked is None and len(free) == 1:
        return free[0]
    message = "It is not clear which input gets the body of a delivery."
    if asked is not None:
        message = f"There is no input {asked!r} that could get the body of a delivery."
    listed = ", ".join(free) or "none"
    remedy = f"Say `body=` one of the inputs ({listed}), or `body=''` for field by field."
    raise FlowInvalid([Problem("body_input", message, remedy, INPUT)])


def switch_webhook(connection: sa.Connection, name: str, by: Identity, *, on: bool) -> None:
    """Let a webhook rest, or listen again."""
    _one(connection, _SWITCH, name, by, on=on)


def drop_webhook(connection: sa.Connection, name: str, by: Identity) -> None:
    """Forget a webhook and its address; the runs that it started stay."""
    _one(connection, _DROP, name, by)


def _one(connection: sa.Connection, statement: str, name: str, by: Identity, **values: Any) -> None:
    key = {"workspace": by.workspace, "name": name, **values}
    if not execute(connection, statement, key).rowcount:
        raise WebhookNotFound(name)


def rotate(
    connection: sa.Connection, name: str, by: Identity, *, address: bool, secret: bool
) -> Made:
    """Give a webhook another address, another secret to sign with, or both; the old ones are dead.

    Raises:
        WebhookNotFound: There is none of this name.
    """
    key = {"workspace": by.workspace, "name": name}
    row = execute(connection, _SIGNS, key).one_or_none()
    if row is None:
        raise WebhookNotFound(name)
    made = Made(
        name,
        secrets.token_urlsafe(32) if address else None,
        _new_secret() if secret and row.signature != "none" else None,
    )
    hashed = None if made.token is None else _hash_of(made.token)
    execute(connection, _ROTATE, key | {"token_hash": hashed, "secret": made.secret})
    return made


def receive(queue: LegQueue, connection: sa.Connection, token: str, delivery: Delivery) -> Started:
    """Start the run of a delivery. The same delivery again is the same run.

    Raises:
        WebhookNotFound, WebhookOff: Nothing listens at this address.
        SignatureWrong: It is not signed as it has to be, or was signed too long ago.
        BodyInvalid, FlowInvalid: The body does not fit the flow.
        KeyReused: The same delivery came before, with another body.
    """
    row = execute(connection, _FIND, {"token_hash": _hash_of(token)}).mappings().one_or_none()
    if row is None:
        raise WebhookNotFound
    if row["signature"] != "none":
        insist_on_signature(row["signature"], row["secret"], delivery, row["now"].timestamp())
    if not row["is_on"]:
        raise WebhookOff("This webhook is switched off.", remedy="Ask who gave you the address.")
    named = delivery.id
    key = None if named is None else f"webhook\x1f{row['token_hash']}\x1f{named}"
    trigger: dict[str, Json] = {"kind": "webhook", "name": row["name"], "delivery": named}
    inputs = _inputs(row["body_input"], delivery.read())
    if fixed := sorted(row["inputs"].keys() & inputs.keys()):
        raise BodyInvalid(
            f"{', '.join(fixed)} cannot be sent: the webhook says it.", remedy="Leave it out."
        )
    started = Target.from_row(row).start(queue, connection, key, trigger, inputs)
    execute(connection, _RECEIVED, {"token_hash": row["token_hash"], "run": started.run})
    deliveries.note_run(connection, Sent(row["workspace"], row["name"], named), started)
    return started


def note_refusal(
    connection: sa.Connection, token: str, delivery: Delivery, refused: LabError
) -> None:
    """Tell whoever looks after the webhook that a delivery started no run, and why."""
    row = execute(connection, _LOCK, {"token_hash": _hash_of(token)}).mappings().one_or_none()
    if row is None:
        return
    try:
        named = delivery.id
    except BodyInvalid:
        named = None
    deliveries.note_refusal(connection, Sent(row["workspace"], row["name"], named), refused)


def insist_on_signature(signature: Signature, secret: str, delivery: Delivery, now: float) -> None:
    """Raises `SignatureWrong`."""
    if signature == "github":
        expected = "sha256=" + _digest(secret.encode(), delivery.body).hex()
        given = [delivery.headers.get("x-hub-signature-256", "")]
    else:
        stamp = delivery.headers.get("webhook-timestamp", "")
        if not (stamp.isdecimal() and len(stamp) < 20 and abs(now - int(stamp)) <= TOLERANCE_S):
            raise SignatureWrong(
                "The delivery was signed too long ago, or says no time.",
                remedy="Send `webhook-timestamp`, the seconds since 1970, and set your clock.",
            )
        signed = f"{delivery.headers.get('webhook-id', '')}.{stamp}.".encode() + delivery.body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(_digest(key, signed)).decode()
        given = delivery.headers.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(it.encode(), expected.encode()) for it in given):
        raise SignatureWrong(
            "The signature is missing or wrong.", remedy=f"Sign it: {_HOW[signature]}."
        )


def _inputs(body_input: str | None, body: Json) -> dict[str, Json]:
    if body_input is not None:
        return {body_input: body}
    if not isinstance(body, dict):
        raise BodyInvalid(
            "The body is no JSON object.", remedy="Send one, with a field for each input."
        )
    return body


def _digest(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, hashlib.sha256)


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is none")


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


_HOW = {
    "standard": "`webhook-signature: v1,` and the HMAC-SHA256 of id, timestamp and body in base64",
    "github": "`X-Hub-Signature-256: sha256=` and the HMAC-SHA256 of the body in hex",
}
_CHANGE = """
UPDATE pai.webhook SET flow_hash = %(flow_hash)s, plan_hash = %(plan_hash)s, code = %(code)s,
    inputs = %(inputs)s, body_input = %(body_input)s, owner = %(owner)s, caller = %(caller)s,
    is_on = true
WHERE workspace = %(workspace)s AND name = %(name)s AND signature = %(signature)s
"""
_MAKE = """
INSERT INTO pai.webhook
    (workspace, name, token_hash, signature, secret, flow_hash, plan_hash, code, inputs,
     body_input, owner, caller)
VALUES (%(workspace)s, %(name)s, %(token_hash)s, %(signature)s, %(secret)s, %(flow_hash)s,
        %(plan_hash)s, %(code)s, %(inputs)s, %(body_input)s, %(owner)s, %(caller)s)
ON CONFLICT (workspace, name) DO UPDATE SET
    token_hash = excluded.token_hash, signature = excluded.signature, secret = excluded.secret,
    flow_hash = excluded.flow_hash, plan_hash = excluded.plan_hash, code = excluded.code,
    inputs = excluded.inputs, body_input = excluded.body_input, owner = excluded.owner,
    caller = excluded.caller, is_on = true
"""
_SWITCH = """
UPDATE pai.webhook SET is_on = %(on)s WHERE workspace = %(workspace)s AND name = %(name)s
"""
_SIGNS = """
SELECT signature FROM pai.webhook WHERE workspace = %(workspace)s AND name = %(name)s FOR UPDATE
"""
_ROTATE = """
UPDATE pai.webhook SET token_hash = coalesce(%(token_hash)s, token_hash),
    secret = coalesce(%(secret)s, secret)
WHERE workspace = %(workspace)s AND name = %(name)s
"""
_LOCK = """
SELECT workspace, name FROM pai.webhook WHERE token_hash = %(token_hash)s FOR NO KEY UPDATE
"""
_DROP = "DELETE FROM pai.webhook WHERE workspace = %(workspace)s AND name = %(name)s"
_FIND = f"""
SELECT {COLUMNS}, t.token_hash, t.signature, t.secret, t.body_input, t.is_on,
       clock_timestamp() AS now
FROM pai.webhook t JOIN pai.flow_version v USING (workspace, flow_hash, plan_hash)
WHERE t.token_hash = %(token_hash)s
"""
_RECEIVED = """
UPDATE pai.webhook SET received = received + 1, last_at = clock_timestamp(), last_run = %(run)s
WHERE token_hash = %(token_hash)s
"""
