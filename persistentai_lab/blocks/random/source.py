"""Where chance comes from."""

import random
from typing import Annotated

from pydantic import Field

from persistentai_lab.blocks import Context

Seed = Annotated[int, Field(ge=0, lt=2**64)] | None


def chance(seed: int | None, ctx: Context) -> random.Random:
    """A stream of random numbers: the seed's own, or the one that the run lends to this step."""
    return ctx.random if seed is None else random.Random(seed)
