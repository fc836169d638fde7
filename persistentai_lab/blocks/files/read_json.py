"""Read a JSON file."""

import json
from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.errors import NodeError
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Read a JSON file",
    effect="read",
    examples=(Example(inputs={"path": "settings.json"}),),
)
async def read_json(
    path: str, branch: BranchName = MAIN, at: str | None = None, *, ctx: Context = LENT
) -> Any:
    """Read a file of JSON, of the newest version or of an older one.

    Args:
        path: The file, as `folder/name`.
        branch: Of which branch.
        at: A tag, a commit, or a moment such as `2026-11-30T09:30:00Z`; null is the newest.
        ctx: Lent by the engine. Not a port.

    Returns:
        The value. Its type is known only when it is read: `values.cast` promises one.

    Raises:
        NotInMemory: There is no such file in that version.
        NodeError: It is no JSON; the place is named.
    """
    text = await ctx.memory.files.read_text(path, branch=branch, at=at)
    try:
        return json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        raise NodeError(
            f"{path!r} is no JSON: {error}.", remedy="Mend it, or read it as text."
        ) from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} has no place in it")
