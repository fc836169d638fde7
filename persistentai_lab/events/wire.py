"""Reading events that a newer release may have written."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from ..ids import Json, Seq
from .model import Envelope


class Unread(BaseModel):
    """An envelope whose event this release does not know. Its place counts all the same."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    seq: Seq
    at: datetime
    event: dict[str, Json]

    @property
    def type(self) -> str:
        """The name of the event."""
        return str(self.event.get("type", "?"))


def read_envelope(data: Mapping[str, Json]) -> Envelope | Unread:
    """Read an envelope from its JSON. Fields that a newer release added are left out.

    Raises:
        ValidationError: This is no envelope at all: it has no position or no time.
    """
    try:
        return Envelope.model_validate(data, extra="ignore")
    except ValidationError:
        return Unread.model_validate(data)
