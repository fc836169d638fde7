"""What the blocks that wait have in common: they have no body, the engine waits for them."""

from typing import Annotated, NoReturn

from pydantic import Field

from ..errors import NodeError
from ..flow.model import EXPIRES_MAX_S

Seconds = Annotated[float, Field(ge=0, le=EXPIRES_MAX_S)]
Patience = Annotated[float, Field(gt=0, le=EXPIRES_MAX_S)]
SignalName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


def only_in_a_run() -> NoReturn:
    """Refuse to be called as a plain function."""
    raise NodeError(
        "Only a run can wait so, or emit.",
        remedy="Call this inside a flow (`@pai.flow`), and run the flow.",
    )
