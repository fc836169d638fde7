"""Webhooks: who knows the address starts a run, once a delivery, and nobody else does."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import pytest

from persistentai_lab.engine.commands.starting import KeyReused, Started
from persistentai_lab.engine.triggers.webhooks import (
    BodyInvalid,
    Delivery,
    Made,
    Signature,
    SignatureWrong,
    WebhookNotFound,
    WebhookOff,
)
from persistentai_lab.errors import FlowInvalid
from persistentai_lab.flow.model import Edge, FlowInput, FlowSpec, PortRef
from tests.runtime import ME, Runtime, flow, node

_KEEP = flow(node("keep", "records.put", key="got"), outputs={"it": "keep"})
KEEP = _KEEP.model_copy(
    update={
        "inputs": {"body": FlowInput(type={"type": "object"})},
        "edges": (
            Edge(
                source=PortRef(node="$input", port="body"),
                target=PortRef(node="keep", port="value"),
            ),
        ),
    }
)
JSON = {"content-type": "application/json"}


def webhook(
    runtime: Runtime,
    spec: FlowSpec = KEEP,
    *,
    signature: Signature = "none",
    body: str | None = None,
    inputs: dict[str, object] | None = None,
) -> Made | None:
    making = runtime.triggers.webhook(
        "orders",
        spec,
        inputs or {},
        (),
        ME,
        body=body,
        signature=signature,  # type: ignore[arg-type]
    )
    return asyncio.run(making)


def made(runtime: Runtime, signature: Signature = "none") -> Made:
    found = webhook(runtime, signature=signature)
    assert found is not None
    return found


def deliver(runtime: Runtime, token: str, body: object, **headers: str) -> Started:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(runtime.triggers.receive(token, Delivery(data, sent)))


def runs(runtime: Runtime) -> int:
    return len(runtime.rows("SELECT FROM pai.run"))


def test_a_delivery_is_a_run_with_its_body_as_input(runtime: Runtime) -> None:
    token = made(runtime).token
    runtime.worker()

    started = deliver(runtime, token, {"order": 17}, idempotency_key="d-1")

    assert runtime.ended(started.run)["status"] == "completed"
    assert runtime.record("got") == {"order": 17}
    (created,) = runtime.events(started.run, "run.created")
    assert created["body"]["trigger"] == {
        "kind": "webhook",
        "name": "orders",
        "at": None,
        "delivery": "d-1",
    }


def test_a_delivery_that_comes_again_is_the_same_run(runtime: Runtime) -> None:
    token = made(runtime).token

    first = deliver(runtime, token, {"order": 17}, x_github_delivery="d-1")
    again = deliver(runtime, token, {"order": 17}, x_github_delivery="d-1")
    other = deliver(runtime, token, {"order": 17}, x_github_delivery="d-2")

    assert (again.run, again.is_new) == (first.run, False)
    assert other.run != first.run
    with pytest.raises(KeyReused):
        deliver(runtime, token, {"order": 18}, x_github_delivery="d-1")
    assert runs(runtime) == 2


def test_deliveries_that_come_at_once_are_one_run(runtime: Runtime) -> None:
    token = made(runtime).token

    async def all_at_once() -> list[Started]:
        delivery = Delivery(b'{"order": 17}', JSON | {"webhook-id": "d-1"})
        return await asyncio.gather(*(runtime.triggers.receive(token, delivery) for _ in range(4)))

    assert len({started.run for started in asyncio.run(all_at_once())}) == 1
    assert runs(runtime) == 1


def test_nobody_without_the_address_starts_anything(runtime: Runtime) -> None:
    token = made(runtime).token

    for guess in ("", "orders", "x" * 43):
        with pytest.raises(WebhookNotFound):
            deliver(runtime, guess, {})

    assert runs(runtime) == 0
    assert token not in str(runtime.rows("SELECT * FROM pai.webhook"))


def test_a_standard_signature_is_checked_with_its_time(runtime: Runtime) -> None:
    hook = made(runtime, "standard")
    assert hook.secret is not None
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))

    def signed(stamp: int, body: bytes = b'{"order":17}', name: str = "d-1") -> str:
        text = f"{name}.{stamp}.".encode() + body
        return base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()

    def send(signature: str, stamp: int, name: str = "d-1") -> Started:
        return deliver(
            runtime,
            hook.token,
            b'{"order":17}',
            webhook_id=name,
            webhook_timestamp=str(stamp),
            webhook_signature=signature,
        )

    now = int(time.time())
    assert send(f"v1,AAAA v1,{signed(now)}", now).is_new
    for wrong in (
        lambda: send("", now),
        lambda: send(f"v1,{signed(now, b'{}')}", now),
        lambda: send(f"v1,{signed(now)}", now, name="d-2"),
        lambda: send(f"v1,{signed(now - 400)}", now - 400),
        lambda: send(f"v1,{signed(now + 400)}", now + 400),
        lambda: deliver(runtime, hook.token, {"order": 17}),
    ):
        with pytest.raises(SignatureWrong):
            wrong()
    assert runs(runtime) == 1


def test_a_signature_as_github_makes_it_is_checked(runtime: Runtime) -> None:
    hook = made(runtime, "github")
    assert hook.secret is not None
    body = b'{"order":17}'
    right = "sha256=" + hmac.digest(hook.secret.encode(), body, hashlib.sha256).hex()

    assert deliver(runtime, hook.token, body, x_hub_signature_256=right).is_new
    with pytest.raises(SignatureWrong):
        deliver(runtime, hook.token, b'{"order":18}', x_hub_signature_256=right)
    with pytest.raises(SignatureWrong):
        deliver(runtime, hook.token, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b'{"a": NaN}',
        b'"\\ud800"',
        b"[" * 100_000,
        b"[" * 500 + b"]" * 500,
    ],
)
def test_a_body_that_is_no_json_is_told(runtime: Runtime, body: bytes) -> None:
    token = made(runtime).token

    with pytest.raises(BodyInvalid):
        deliver(runtime, token, body)


def test_a_body_of_another_type_is_told_like_any_input(runtime: Runtime) -> None:
    token = made(runtime).token

    with pytest.raises(FlowInvalid) as refused:
        deliver(runtime, token, [1, 2])

    assert refused.value.problems[0].code == "bad_value"


def test_fields_go_to_the_inputs_of_their_names_but_not_to_fixed_ones(runtime: Runtime) -> None:
    inputs = {name: FlowInput(type={"type": "integer"}) for name in ("left", "right")}
    edges = tuple(
        Edge(source=PortRef(node="$input", port=it), target=PortRef(node="a", port=it))
        for it in inputs
    )
    spec = flow(node("a", "numbers.add"), outputs={"sum": "a"})
    spec = spec.model_copy(update={"inputs": inputs, "edges": edges})
    with pytest.raises(FlowInvalid):
        webhook(runtime, spec)

    hook = webhook(runtime, spec, body="", inputs={"right": 2})

    assert hook is not None
    run = deliver(runtime, hook.token, {"left": 1}).run
    assert runtime.run(run)["inputs"] == {"left": 1, "right": 2}
    with pytest.raises(BodyInvalid):
        deliver(runtime, hook.token, {"left": 1, "right": 3})
    with pytest.raises(FlowInvalid):
        deliver(runtime, hook.token, {"left": 1, "other": 3})


def test_making_it_again_keeps_its_address_unless_it_is_signed_otherwise(runtime: Runtime) -> None:
    token = made(runtime).token

    assert webhook(runtime) is None
    assert deliver(runtime, token, {}).is_new
    assert webhook(runtime, signature="github") is not None
    with pytest.raises(WebhookNotFound):
        deliver(runtime, token, {})


def test_a_webhook_can_rest_and_be_dropped(runtime: Runtime) -> None:
    token = made(runtime).token

    asyncio.run(runtime.triggers.switch_webhook("orders", ME, on=False))
    with pytest.raises(WebhookOff):
        deliver(runtime, token, {})
    asyncio.run(runtime.triggers.switch_webhook("orders", ME, on=True))
    assert deliver(runtime, token, {}).is_new
    asyncio.run(runtime.triggers.drop_webhook("orders", ME))
    with pytest.raises(WebhookNotFound):
        deliver(runtime, token, {})
    with pytest.raises(WebhookNotFound):
        asyncio.run(runtime.triggers.drop_webhook("orders", ME))
