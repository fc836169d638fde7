"""Write a JSON file."""

import json
from typing import Any

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, BranchName


@block(
    title="Write a JSON file",
    effect="store",
    record_key="path",
    examples=(Example(inputs={"path": "settings.json", "value": {"limit": 3}}),),
)
async def write_json(
    path: str,
    value: Any,
    branch: BranchName = MAIN,
    message: str = "",
    *,
    ctx: Context = LENT,
) -> str:
    """Write a value as the new version of a JSON file: indented, so that its differences read well.

    It is committed together with the record that this step is done: once, whatever crashes.

    Args:
        path: The file, as `folder/name`. What was there stays in the history.
        value: Any JSON value.
        branch: On which branch.
        message: What for, as the log shows it.
        ctx: Lent by the engine. Not a port.

    Returns:
        The commit's id: whoever reads `at` it sees this version.

    Raises:
        PathRefused: No file can be called that, or not beside what is there.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    return await ctx.memory.files.write(path, text, branch=branch, message=message)
