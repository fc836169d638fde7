"""What may be asked of records."""

from typing import ClassVar

from ..layer import Command, Query


class GetRecord(Query):
    """The value under a key. Answers with it, or with None."""

    op: ClassVar[str] = "records.get"

    key: str


QUERIES: tuple[type[Query], ...] = (GetRecord,)
COMMANDS: tuple[type[Command], ...] = ()
