"""A step that may need a person: for an answer, for a yes, or to say what nobody else can tell."""

import json
import time
from typing import TYPE_CHECKING

from ...errors import NodeError
from ...events import model as events
from ...flow.model import Approval
from ...flow.payload import Payload
from ...flow.signature import code_unit
from ...ids import Json
from ..clock import now
from ..records.batch import Batch, QuestionRow
from ..records.record import Question
from ..records.values import Value, raw_object
from . import approval, question
from .asking import row_of
from .node_step import NodeStep

if TYPE_CHECKING:
    pass


CHOICES = ["again", "done", "fail"]


class AskingStep(NodeStep):
    """Asks, and waits for the answer, in this leg or a later one."""

    async def failed(self, error: NodeError) -> bool:
        """Record a failed attempt. True when there is to be another."""
        raise NotImplementedError

    async def _ask_person(self, arriving: dict[str, Value]) -> bool:
        """The body of a `human` block is a person. Raises `NodeError`."""
        shown = arriving.pop(question.SHOWN, None)
        inputs = await self._fetched(arriving)
        wished = question.wishes(self._node.block, self._node.version, inputs)
        asked = f"{self._path}#ask"
        due = await self._leg._people.due(asked, wished["expires_s"])
        fact = question.fact_of(asked, wished, shown, due)
        answered = await self._asked(
            fact,
            at_expiry=question.answer_at_expiry(wished),
            inputs=None if shown is None else raw_object({question.SHOWN: shown}),
        )
        self._begun = (now(), time.monotonic())
        said = Payload(json.dumps(question.told(answered)).encode())
        await self._done({"result": await self._leg._values.keep(said)})
        return True

    async def _approved(self, asked: Approval, inputs: dict[str, Value]) -> dict[str, Value]:
        """Wait for a person's yes; returns the inputs that they changed. Raises `NodeError`."""
        unit = code_unit(self._node.block)
        code = self._record.code[unit] if unit else None
        ports = [port.name for port in self._signature.inputs if port.name in inputs]
        kept = {name: await self._leg._values.recordable(inputs[name]) for name in ports}
        inputs_hash = approval.hash_of(self._node, code, kept)
        question_id = f"{self._path}#approve-{inputs_hash[:8]}"
        due = await self._leg._people.due(question_id, asked.expires_s)
        fact = approval.fact_of(question_id, self._signature, asked, kept, inputs_hash, due)
        answered = await self._asked(
            fact, at_expiry={"choice": asked.at_expiry}, inputs=raw_object(kept)
        )
        edited = approval.edits_of(answered)
        return {name: Value.of_json(value) for name, value in edited.items()}

    async def _as_decided(self, number: int, why: list[events.Event]) -> bool:
        """A call outside may or may not have happened, and nothing but a person can tell.

        True when the body is to run again.
        """
        text = (
            f"{self._node.block} was stopped while it was changing the world. "
            "Nobody can tell whether it did. Run it again, take it as done, or let it fail?"
        )
        asked = f"{self._path}#{number}"
        fact = events.HumanRequested(
            question=asked, text=text, choices=tuple(CHOICES), block=self._node.block
        )
        was_known = any(
            known.id == asked and known.answer
            for known in self._record.questions.get(self._path, [])
        )
        self.is_acting = True  # for all that anybody knows
        answered = await self._asked(fact, number=number, why=why)
        self.is_acting = False
        assert answered.answer is not None
        choice = answered.answer["choice"]
        if choice == "again":
            self._group += not was_known
            self._again("answered")
            return True
        if choice == "done":
            given = answered.answer.get("outputs") or {}
            assert isinstance(given, dict)
            await self._done(
                {
                    name: await self._leg._values.keep(Payload(json.dumps(value).encode()))
                    for name, value in given.items()
                }
            )
            return False
        await self.failed(NodeError(f"{answered.answered_by} decided that this step has failed."))
        return False

    async def _asked(
        self,
        fact: events.HumanRequested,
        *,
        number: int | None = None,
        why: list[events.Event] | None = None,
        at_expiry: Json = None,
        inputs: str | None = None,
    ) -> Question:
        """Ask and wait. What led to the question is told before it."""
        attempt = number or self._number
        row = row_of(
            fact,
            path=self._path,
            node=self._id,
            attempt=attempt,
            at_expiry=None if fact.due is None else at_expiry,
            inputs=inputs,
        )
        told = Batch(events=[self._event(each, attempt) for each in [*(why or []), fact]])
        return await self._waits(row, told)

    async def _waits(self, row: QuestionRow, told: Batch) -> Question:
        """Wait for an answer, of whatever kind. Raises `Stopped`."""
        self._asks = row.id
        try:
            return await self._scope.unless_stopped(self._leg._people.answer(row, told))
        finally:
            self._asks = None
