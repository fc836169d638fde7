"""Which steps used a file."""

from typing import Any, Literal

from persistentai_lab.blocks import LENT, Context, Example, block


@block(
    title="Who used a file",
    effect="read",
    examples=(Example(inputs={"path": "sales.csv", "mode": "read"}),),
)
async def used_file(
    path: str,
    branch: str = "main",
    version: str | None = None,
    mode: Literal["read", "write"] | None = None,
    *,
    ctx: Context = LENT,
) -> list[dict[str, Any]]:
    """Find the steps that read or wrote a file of the workspace, the newest first.

    Args:
        path: Of the file.
        branch: On which it lies.
        version: Only where it had this content (its SHA-256).
        mode: Only those that read, or those that wrote.
        ctx: Lent by the engine. Not a port.

    Returns:
        The uses: `run`, `flow`, `node`, `version`, `mode`, `at`.
    """
    found = await ctx.memory.history.uses("files", f"{branch}/{path}", version=version, mode=mode)
    return [use.model_dump(mode="json") for use in found]
