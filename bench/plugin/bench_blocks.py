"""Blocks that exist for measuring: they cost nothing but what the engine spends on them."""

from typing import Any

from persistentai_lab.blocks import LENT, Context, block

WIDEST = 2048


@block(name="bench.pay", effect="write", keyed=True)
async def pay(value: Any) -> Any:
    """Change the world, so to speak: the start is committed before, the record after."""
    return value


def width_for(edges: int) -> int:
    """Ports of the narrowest `bench.task<ports>` that so many edges can enter."""
    return 1 if edges < 2 else 1 << (edges - 1).bit_length()


def _task(width: int) -> Any:
    """A `read` block that so many edges can enter, and that takes the time it is told."""
    ports = "".join(f"p{port}: Any = None, " for port in range(width))
    text = (
        f"async def task{width}({ports}seconds: float = 0.0, *, ctx: Context = LENT) -> Any:\n"
        '    """Take some time."""\n'
        "    if seconds:\n"
        "        await ctx.sleep(seconds)\n"
    )
    scope: dict[str, Any] = {
        "Any": Any, "Context": Context, "LENT": LENT, "__name__": __name__,
    }  # fmt: skip
    exec(text, scope)
    return block(name=f"bench.task{width}", effect="read")(scope[f"task{width}"])


globals().update({f"task{1 << n}": _task(1 << n) for n in range(WIDEST.bit_length())})
