"""What a body writes to memory: apart from the commit, so that child processes load no DBOS."""

from dataclasses import dataclass
from typing import Literal

from ..ids import Json


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
