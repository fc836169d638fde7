"""Fetch a page."""

from typing import Annotated, NamedTuple

from pydantic import Field

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.errors import NodeError
from persistentai_lab.flow.model import Retry

_BUSY = {408, 425, 429}


class Reply(NamedTuple):
    """What came back."""

    text: str
    status: int
    headers: dict[str, str]


@block(
    title="HTTP GET",
    effect="read",
    retry=Retry(attempts=3, backoff_s=0.5),
    examples=(Example(inputs={"url": "https://example.org/"}),),
)
async def get(
    url: Annotated[str, Field(pattern=r"^https?://", max_length=8000)],
    *,
    headers: dict[str, str] | None = None,
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0,
    accept_errors: bool = False,
    ctx: Context = LENT,
) -> Reply:
    """Fetch a page or a document from the web, at most three times.

    The reply is recorded: a replay of the run shows the same page and asks nobody.

    Args:
        url: Address, `http://` or `https://`.
        headers: Sent along with the request.
        timeout_s: Longest wait for one answer, in seconds.
        accept_errors: Hand on replies such as 404 instead of failing. A server in trouble (429,
            5xx) is no reply: it fails either way, and is asked again.
        ctx: Lent by the engine. Not a port.

    Returns:
        text: Body of the reply, decoded.
        status: Status code, such as 200.
        headers: Headers of the reply by name.

    Raises:
        NodeError: Nothing answers (retryable), or the status is 400 or above (retryable when the
            server is at fault, or busy).
    """
    reply = await ctx.http.get(url, headers=headers, timeout_s=timeout_s)
    if reply.status >= 400 and not accept_errors:
        raise NodeError(
            f"{url} answered {reply.status}: {' '.join(reply.text.split())[:200]!r}.",
            remedy="Set `accept_errors` to handle such replies in the flow.",
            retryable=reply.status >= 500 or reply.status in _BUSY,
        )
    return Reply(reply.text, reply.status, reply.headers)
