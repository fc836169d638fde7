"""See what differs between two versions."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN


@block(
    title="Compare versions",
    effect="read",
    examples=(Example(inputs={"a": "v1", "b": "main"}),),
)
async def diff(
    a: str | None = None, b: str = MAIN, path: str | None = None, *, ctx: Context = LENT
) -> list[dict[str, Any]]:
    """Tell which files differ between two versions, or how one of them does.

    A version is a branch, a tag, a commit, or a branch as it was (`main@2026-11-30T09:30Z`).

    Args:
        a: The earlier version; null is the one before `b`.
        b: The later version.
        path: With a path, how the content of this file differs: lines of text, values of JSON,
            cells of a notebook, rows and cells of a table.
        ctx: Lent by the engine. Not a port.

    Returns:
        For each file: `path`, `kind` (`added`, `changed`, `removed`), and the content's hash
        `before` and `after`. With a path: one object whose `details` say how it differs.

    Raises:
        NotInMemory: There is no such version, or no such file in either.
    """
    if path is not None:
        return [(await ctx.memory.files.compare(path, a, b)).model_dump(mode="json")]
    return [change.model_dump(mode="json") for change in await ctx.memory.files.diff(a, b)]
