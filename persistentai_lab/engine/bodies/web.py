"""The web, as bodies see it."""

from ...blocks.context import HttpReply
from ...errors import NodeError

TEXT_MAX = 8 * 1024 * 1024


class Web:
    """`blocks.Http` by httpx, which is imported when first used."""

    async def get(
        self, url: str, *, headers: dict[str, str] | None = None, timeout_s: float = 30.0
    ) -> HttpReply:
        """Fetch a page; network trouble, 429 and 5xx are worth another try."""
        import httpx

        try:
            async with httpx.AsyncClient(follow_redirects=True, timeout=timeout_s) as client:
                reply = await client.get(url, headers=headers)
        except httpx.TransportError as error:
            raise NodeError(
                f"GET {url}: {type(error).__name__} {error}".rstrip(),
                remedy="Check the address and the network; give the node a retry policy.",
                retryable=True,
            ) from error
        except (httpx.InvalidURL, httpx.TooManyRedirects, ValueError) as error:
            raise NodeError(f"GET {url}: {error}", remedy="Check the address.") from error
        if reply.status_code == 429 or reply.status_code >= 500:
            raise NodeError(
                f"GET {url}: HTTP {reply.status_code}",
                remedy="The server is in trouble; give the node a retry policy.",
                retryable=True,
            )
        if len(reply.content) > TEXT_MAX:
            raise NodeError(
                f"GET {url}: {len(reply.content)} bytes are too many.", remedy="Fetch less."
            )
        return HttpReply(status=reply.status_code, headers=dict(reply.headers), text=reply.text)
