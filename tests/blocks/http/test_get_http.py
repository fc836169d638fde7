import asyncio

import pytest

from persistentai_lab.blocks.context import HttpReply
from persistentai_lab.blocks.http import get
from persistentai_lab.errors import NodeError
from tests.fakes import FakeContext

URL = "https://example.org/a"


def page(status: int, text: str = "hello") -> FakeContext:
    reply = HttpReply(status=status, headers={"etag": "1"}, text=text)
    return FakeContext(pages={URL: reply})


def test_hands_on_text_status_and_headers() -> None:
    ctx = page(200)

    reply = asyncio.run(get(URL, headers={"accept": "text/plain"}, ctx=ctx))

    assert reply == ("hello", 200, {"etag": "1"})
    assert ctx.http.asked == [(URL, {"accept": "text/plain"})]


@pytest.mark.parametrize(
    ("status", "retryable"), [(404, False), (403, False), (429, True), (503, True)]
)
def test_a_bad_status_fails_and_says_whether_trying_again_can_help(
    status: int, retryable: bool
) -> None:
    with pytest.raises(NodeError, match=f"answered {status}") as caught:
        asyncio.run(get(URL, ctx=page(status)))

    assert caught.value.retryable is retryable


def test_a_bad_status_is_handed_on_when_asked_for() -> None:
    assert asyncio.run(get(URL, accept_errors=True, ctx=page(404, "gone"))).text == "gone"


def test_trouble_on_the_way_is_retryable() -> None:
    with pytest.raises(NodeError) as caught:
        asyncio.run(get(URL, ctx=FakeContext()))

    assert caught.value.retryable
