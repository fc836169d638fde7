"""Which runs read or wrote a thing: what its page leads to."""

from datetime import datetime

from ...memory.author import Author
from ...memory.history.asks import UsesOf
from ..history.using import uses
from .model import LayerName, UsedBy
from .shelf import Connection

SHOWN = 20


async def used_by(
    connection: Connection, author: Author, layer: LayerName, target: str, *,
    at: datetime | None, shown: str | None = None,
) -> list[UsedBy]:  # fmt: skip
    """The last steps that did, the newest first.

    Args:
        connection: Where to look.
        author: Whose workspace it is in.
        layer: Of the thing.
        target: As history names it: a feed, `branch/path` of a file.
        at: Only what had been used then.
        shown: The version that is looked at, so that uses of it are told from others.
    """
    asked = UsesOf(in_layer=layer, target=target, until=at, limit=SHOWN)
    return [
        UsedBy(
            id=f"{use.run}/{use.path}", flow=use.flow, node=use.node or use.path, mode=use.mode,
            at=use.at, is_shown=shown is None or use.version == shown,
        )
        for use in await uses(connection, author.workspace, asked)
    ]  # fmt: skip
