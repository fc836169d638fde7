"""What a body writes to memory: apart from the commit, so that child processes load no DBOS."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ...ids import Json, Path
from ...memory.layer import Command
from ...memory.records.asks import AppendRecord, PutRecord, is_plain


@dataclass(slots=True)
class RecordWrite:
    """A change of a memory record. `append` adds the items of a list, `put` sets the value."""

    key: str
    mode: Literal["put", "append"]
    value: Json
    path: str
    writes: int = 1

    def then(self, later: "RecordWrite") -> "RecordWrite":
        """Both changes as one, for one statement can touch a row only once."""
        if later.mode == "put":
            merged = later.value
        else:
            mine = self.value if isinstance(self.value, list) else [self.value]
            merged = [*mine, *later.value]  # type: ignore[misc]
        mode = "put" if "put" in (self.mode, later.mode) else "append"
        return RecordWrite(self.key, mode, merged, later.path, self.writes + later.writes)  # type: ignore[arg-type]


def plain_writes(commands: Sequence[Command], path: Path) -> list[RecordWrite] | None:
    """The same as parts of the step's own statement, if that can do them all."""
    if not all(map(is_plain, commands)):
        return None
    return [
        RecordWrite(each.key, "put", each.value, path)
        if isinstance(each, PutRecord)
        else RecordWrite(each.key, "append", [each.item], path)
        for each in commands
        if isinstance(each, PutRecord | AppendRecord)
    ]
