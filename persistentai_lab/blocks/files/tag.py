"""Name a version."""

from persistentai_lab.blocks import LENT, Context, Example, block
from persistentai_lab.memory.files.model import MAIN, TagName


@block(
    title="Tag a version",
    effect="store",
    record_key="name",
    examples=(Example(inputs={"name": "v1", "message": "As it was sent out"}),),
)
async def tag(name: TagName, version: str = MAIN, message: str = "", *, ctx: Context = LENT) -> str:
    """Give a version of the files a name that stays with it.

    Args:
        name: The tag.
        version: Which version: a branch (its newest), or a commit.
        message: Why, as the list of tags shows it.
        ctx: Lent by the engine. Not a port.

    Returns:
        The commit that it names.

    Raises:
        WriteConflict: Another version has this name.
        NotInMemory: There is no such version.
    """
    return ctx.memory.files.tag(name, version, message=message)
