"""What an attempt reads and writes in memory, for its record."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...ids import Json, Path
from ...memory.layer import Answer, Ask, Command, Query, Receipt, Touch
from ..records.batch import TouchRow
from ..records.write import RecordWrite

MOST = 1_000
"""Of an attempt; whoever looks at more than that looks at all of it."""


@dataclass(slots=True)
class Touched:
    """Notes what is answered to a body."""

    found: dict[tuple[str, Touch], None] = field(default_factory=dict)

    def noting(self, ask: Ask) -> Ask:
        """The same `ask`, which notes from what it was answered."""

        async def noted(query: Query) -> Answer:
            answer = await ask(query)
            self._note(query.layer(), answer.touched)
            return answer

        return noted

    def rows(
        self,
        path: Path,
        attempt: int,
        writes: Sequence[RecordWrite] = (),
        done: Sequence[tuple[Command, Receipt]] = (),
    ) -> list[TouchRow]:
        """What was read, and what is written now."""
        rows = [TouchRow(path, attempt, *_told(layer, touch)) for layer, touch in self.found]
        rows += [TouchRow(path, attempt, "records", write.key, "", "write") for write in writes]
        rows += [
            TouchRow(path, attempt, *_told(command.layer(), touch))
            for command, receipt in done
            for touch in receipt.written
        ]
        return rows[:MOST]

    def _note(self, layer: str, touched: Sequence[Touch]) -> None:
        for touch in touched:
            if len(self.found) < MOST:
                said = Touch(touch.target, _text(touch.version), touch.mode)
                self.found[touch.layer or layer, said] = None


def _told(layer: str, touch: Touch) -> tuple[str, str, str, str]:
    return layer, touch.target, _text(touch.version), touch.mode


def _text(version: Json) -> str:
    if version is None:
        return ""
    return version if isinstance(version, str) else json.dumps(version)
