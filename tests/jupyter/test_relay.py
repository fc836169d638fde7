"""What passes between the browser and the gateway, and what must not."""

import asyncio
import base64
import getpass
import json

import pytest
import tornado.websocket
from tornado.httpclient import HTTPClientError

API = ("persistentai", "api", "v1")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_every_verb_passes_with_its_body(jp_fetch, gateway, method):
    body = None if method in {"GET", "DELETE"} else '{"n": 1}'

    answer = await jp_fetch(*API, "runs", method=method, body=body, params={"a": "1", "b": ""})

    seen = json.loads(answer.body)
    assert seen["method"] == method
    assert seen["body"] == (body or "")
    assert seen["query"] == "a=1&b="
    assert answer.headers["X-Answer"] == "yes"


async def test_the_base_url_stays_here_and_is_told_in_a_header(jp_fetch, gateway, jp_base_url):
    answer = await jp_fetch(*API, "runs", "r%2F1")

    seen = json.loads(answer.body)
    assert seen["path"].startswith("/persistentai/api/v1/runs/")
    assert seen["headers"]["x-forwarded-prefix"] == jp_base_url.rstrip("/")


async def test_no_secret_of_jupyter_reaches_the_gateway(jp_fetch, gateway, jp_serverapp):
    token = jp_serverapp.identity_provider.token

    answer = await jp_fetch(
        *API, "runs", params={"token": token, "after": "3"}, headers={"Cookie": "login=secret"}
    )

    assert token not in answer.body.decode()
    assert "login=secret" not in answer.body.decode()
    assert json.loads(answer.body)["query"] == "after=3"


async def test_the_gateway_cannot_set_cookies_here(jp_fetch, gateway):
    answer = await jp_fetch(*API, "runs")

    assert "intruder" not in answer.headers.get("Set-Cookie", "")


async def test_the_identity_is_signed_stable_and_not_the_callers_to_say(jp_fetch, gateway):
    forged = {"X-PersistentAI-Identity": "forged"}

    headers = [
        json.loads((await jp_fetch(*API, "runs", headers=forged)).body)["headers"] for _ in range(2)
    ]

    payloads = [header["x-persistentai-identity"].split(".")[0] for header in headers]
    users = {
        json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["user"]
        for payload in payloads
    }
    assert users == {getpass.getuser()}


async def test_without_a_login_nothing_passes(http_server_client, jp_base_url, gateway):
    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(f"{jp_base_url}persistentai/api/v1/runs")

    assert refused.value.code == 403
    assert json.loads(refused.value.response.body)["code"] == "access_denied"


async def test_a_stream_of_events_is_not_held_back(
    http_server_client, jp_base_url, jp_auth_header, jp_fetch, gateway
):
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    reading = http_server_client.fetch(
        f"{jp_base_url}persistentai/api/v1/sse",
        headers=jp_auth_header,
        streaming_callback=chunks.put_nowait,
    )

    first = await asyncio.wait_for(chunks.get(), 10)
    await jp_fetch(*API, "go_on")
    answer = await reading

    assert first == b"data: first\n\n"
    assert chunks.get_nowait() == b"data: second\n\n"
    assert answer.headers["Content-Type"].startswith("text/event-stream")


async def test_a_large_answer_arrives_whole(jp_fetch, gateway):
    answer = await jp_fetch(*API, "big")

    assert len(answer.body) == 3_000_000
    assert answer.headers["Content-Type"] == "application/octet-stream"


async def test_xsrf_protection_stays_on(http_server_client, jp_base_url, jp_serverapp, gateway):
    """A page of another site has the cookies of the browser, but neither token nor XSRF value."""
    session = await http_server_client.fetch(
        f"{jp_base_url}api/status?token={jp_serverapp.identity_provider.token}"
    )
    cookies = "; ".join(c.split(";")[0] for c in session.headers.get_list("Set-Cookie"))
    assert cookies

    with pytest.raises(HTTPClientError) as refused:
        await http_server_client.fetch(
            f"{jp_base_url}persistentai/api/v1/runs",
            method="POST",
            body="{}",
            headers={"Cookie": cookies},
        )

    assert refused.value.code == 403


async def test_without_a_gateway_the_problem_names_the_remedy(jp_fetch, socket):
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*API, "runs")

    problem = json.loads(refused.value.response.body)
    assert refused.value.code == 503
    assert problem["code"] == "runtime_down"
    assert "persistentai up" in problem["remedy"]
    assert refused.value.response.headers["Content-Type"] == "application/problem+json"


async def test_a_stream_passes_both_ways_and_keeps_its_close_code(jp_ws_fetch, gateway):
    stream = await jp_ws_fetch(*API, "stream", params={"code": "4408"})

    hello = json.loads(await stream.read_message())
    await stream.write_message("hi")

    assert await stream.read_message() == "echo hi"
    assert await stream.read_message() is None
    assert (stream.close_code, stream.close_reason) == (4408, "as asked")
    assert hello["path"] == "/persistentai/api/v1/stream"
    assert "x-persistentai-identity" in hello["headers"]
    assert "authorization" not in hello["headers"]


async def test_without_a_gateway_a_stream_closes_with_try_again_later(jp_ws_fetch, socket):
    stream = await jp_ws_fetch(*API, "stream")

    assert await stream.read_message() is None
    assert stream.close_code == 1013


async def test_a_gateway_that_dies_says_come_back(jp_ws_fetch, gateway):
    stream = await jp_ws_fetch(*API, "stream")
    await stream.read_message()

    await asyncio.to_thread(gateway.stop)

    assert await asyncio.wait_for(stream.read_message(), 10) is None
    assert stream.close_code == 1012


async def test_a_stream_without_a_login_is_refused(
    http_server_client, jp_http_port, jp_base_url, gateway
):
    url = f"ws://localhost:{jp_http_port}{jp_base_url}persistentai/api/v1/stream"

    with pytest.raises(HTTPClientError) as refused:
        await tornado.websocket.websocket_connect(url)

    assert refused.value.code == 403


async def test_the_gateway_feels_a_browser_that_does_not_read(jp_ws_fetch, jp_fetch, gateway):
    """Nothing piles up in Jupyter: the gateway's own bounded buffer decides."""
    stream = await jp_ws_fetch(*API, "flood")
    await stream.read_message()

    async def sent() -> int:
        return json.loads((await jp_fetch(*API, "flooded")).body)["sent"]

    counts = [await sent()]
    while len(counts) < 3 or counts[-1] != counts[-2]:
        await asyncio.sleep(0.2)
        counts.append(await sent())

    assert counts[-1] * 100_000 < 50_000_000
    stream.close()


class _ReadOnly:
    """Stands in for Jupyter's Authorizer."""

    async def is_authorized(self, handler, user, action, resource):
        return resource == "persistentai" and action == "read"


async def test_the_authorizer_is_asked(jp_fetch, jp_serverapp, gateway, monkeypatch):
    monkeypatch.setitem(jp_serverapp.web_app.settings, "authorizer", _ReadOnly())

    await jp_fetch(*API, "runs")
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(*API, "runs", method="POST", body="{}")

    assert refused.value.code == 403
